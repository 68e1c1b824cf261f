import type { Run } from '#contracts';
import { remaining } from '../format/quantities.js';
import styles from './progress.module.css';

/** The whole run's progress: bar, phase, epoch and what is left. Nothing before the first report. */
export function RunProgress({ run, large = false }: { run: Run; large?: boolean }) {
  const { progress, state } = run;
  if (progress === null) return null;
  const share = state === 'completed' ? 1 : progress.fraction;
  const shown = `${Math.floor(share * 100)} %`;
  const epoch =
    progress.epoch !== undefined && progress.epochs !== undefined
      ? `epoch ${progress.epoch} of ${progress.epochs}`
      : undefined;
  const details = [
    // In the table there is room for the more telling of the two.
    large || epoch === undefined ? progress.phase : undefined,
    epoch,
    state === 'running' && progress.etaMs !== undefined ? remaining(progress.etaMs) : undefined,
  ].filter((part) => part !== undefined);
  return (
    <div className={`${styles.progress} ${large ? styles.large : ''}`}>
      <div
        role="progressbar"
        aria-label={`Progress of ${run.experimentName}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
        aria-valuetext={[shown, ...details].join(', ')}
        className={styles.track}
        data-state={state}
      >
        <div className={styles.bar} style={{ transform: `scaleX(${share})` }} />
      </div>
      <div className={styles.words}>
        <span className={styles.share}>{shown}</span>
        {state !== 'completed' && <span className={styles.details}>{details.join(' · ')}</span>}
      </div>
    </div>
  );
}
