import type { Failure, RunState } from '#contracts';
import { Icon } from '../../parts/icon.js';
import styles from './failure-notice.module.css';

const FAULTS = {
  user: 'Something in the spec or the data has to change',
  operational: 'The surroundings failed; trying again may help',
  bug: 'A defect in the software',
} as const;

/** Why the run (or its last attempt) failed, and what to do. */
export function FailureNotice({ failure, state }: { failure: Failure; state: RunState }) {
  return (
    <section className={styles.failure} aria-label="Failure">
      <Icon name="warning" />
      <div>
        <h2>{state === 'failed' ? 'The run failed' : 'The last attempt failed'}</h2>
        <p className={styles.class}>{FAULTS[failure.class]}</p>
        <p className={styles.message}>
          {failure.field !== undefined && <code>{failure.field}</code>} {failure.message}
        </p>
        {failure.remedy !== undefined && (
          <p>
            <strong>What to do:</strong> {failure.remedy}
          </p>
        )}
        {failure.stack !== undefined && (
          <details>
            <summary>Stack trace</summary>
            <pre tabIndex={0}>{failure.stack}</pre>
          </details>
        )}
      </div>
    </section>
  );
}
