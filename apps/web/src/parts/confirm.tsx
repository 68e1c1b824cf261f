import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './button.js';
import styles from './confirm.module.css';

interface ConfirmProps {
  open: boolean;
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something that cannot be undone. A native dialog: focus is kept inside, Escape closes it. */
export function Confirm({ open, title, children, action, danger = false, busy, onConfirm, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && dialog.current?.open === false) dialog.current.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby="confirm-title" onClose={onClose}>
      {open && (
        <>
          <h2 id="confirm-title">{title}</h2>
          <div className={styles.text}>{children}</div>
          <div className={styles.actions}>
            <Button onClick={onClose} autoFocus>
              Go back
            </Button>
            <Button look={danger ? 'danger' : 'primary'} busy={busy} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </>
      )}
    </dialog>
  );
}
