import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Button } from './button.js';
import { Icon } from './icon.js';
import styles from './notices.module.css';

interface Notices {
  /** Tells a screen reader; nothing is shown, because the page shows it already. */
  say(message: string): void;
  /** Shows that something was done. */
  tell(message: string): void;
  /** Shows an error until it is dismissed. */
  complain(error: Error): void;
}

interface Notice {
  id: number;
  message: string;
  isError: boolean;
}

const SHOWN_MS = 5000;
const NoticesContext = createContext<Notices | undefined>(undefined);

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (notices === undefined) throw new Error('useNotices is called outside of NoticesProvider');
  return notices;
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [spoken, setSpoken] = useState('');
  const [shown, setShown] = useState<Notice[]>([]);
  const dismiss = useCallback((id: number) => setShown((all) => all.filter((notice) => notice.id !== id)), []);
  const notices = useMemo<Notices>(() => {
    let lastId = 0;
    const show = (message: string, isError: boolean) => {
      lastId += 1;
      const id = lastId;
      setShown((all) => [...all.slice(-2), { id, message, isError }]);
    };
    return {
      say: setSpoken,
      tell: (message) => show(message, false),
      complain: (error) => show(error.message, true),
    };
  }, []);

  return (
    <NoticesContext value={notices}>
      {children}
      <div className="visually-hidden" aria-live="polite" data-testid="announcer">
        {spoken}
      </div>
      <div className={styles.stack} role="region" aria-label="Notifications">
        {shown.map((notice) => (
          <NoticeCard key={notice.id} notice={notice} dismiss={dismiss} />
        ))}
      </div>
    </NoticesContext>
  );
}

function NoticeCard({ notice, dismiss }: { notice: Notice; dismiss: (id: number) => void }) {
  const { id, isError, message } = notice;
  useEffect(() => {
    if (isError) return undefined;
    const timer = window.setTimeout(() => dismiss(id), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [id, isError, dismiss]);
  return (
    <div className={`${styles.notice} ${isError ? styles.error : ''}`} role={isError ? 'alert' : 'status'}>
      <Icon name={isError ? 'warning' : 'check'} />
      <p>{message}</p>
      <Button look="quiet" icon="cross" iconOnly onClick={() => dismiss(id)}>
        Dismiss
      </Button>
    </div>
  );
}
