import { CopyButton } from './copy-button.js';
import styles from './command.module.css';

/** A shell command with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div className={styles.command}>
      <code>{text}</code>
      <CopyButton text={text} label={`Copy ${text}`} iconOnly />
    </div>
  );
}
