import { useLive } from './live-context.js';
import styles from './live-status.module.css';

const WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' } as const;
const TITLES = {
  connecting: 'Opening the stream of changes',
  live: 'Changes appear as they happen',
  lost: 'The connection is lost; what is shown may be out of date',
} as const;

export function LiveStatus() {
  const { status } = useLive();
  return (
    <p role="status" className={`${styles.status} ${styles[status]}`} title={TITLES[status]} data-live={status}>
      <span className={styles.dot} aria-hidden="true" />
      {WORDS[status]}
    </p>
  );
}
