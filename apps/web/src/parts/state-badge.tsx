import type { RunState } from '#contracts';
import styles from './state-badge.module.css';

const WORDS: Record<RunState, string> = {
  waiting: 'Waiting',
  queued: 'Queued',
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function stateWord(state: RunState): string {
  return WORDS[state];
}

export function StateBadge({ state, cancelling = false }: { state: RunState; cancelling?: boolean }) {
  return (
    <span className={`${styles.badge} ${styles[state]}`} data-state={state}>
      <span className={styles.dot} aria-hidden="true" />
      {cancelling ? 'Cancelling' : WORDS[state]}
    </span>
  );
}
