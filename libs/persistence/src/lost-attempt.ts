import type { Failure } from '#contracts';
import { appendLogLines } from './append-log-lines.js';
import type { Transaction } from './database.js';
import { MAX_LOSSES } from './retry-policy.js';
import { moveRun, type LockedRun } from './run-lifecycle.js';

/**
 * Ends the current attempt of a running run whose worker is gone. The run is queued again, or cancelled where that was
 * asked, or, after too many losses, failed: then the run itself probably kills its workers.
 */
export async function endLostAttempt(tx: Transaction, run: LockedRun, reason: string): Promise<LockedRun> {
  await tx.query(
    `UPDATE attempts SET outcome = 'lost', finished_at = now() WHERE run_id = $1 AND number = $2 AND outcome = 'running'`,
    [run.id, run.attempt],
  );
  const message = `attempt ${run.attempt} is lost: ${reason}`;
  await appendLogLines(tx, run, [{ level: 'warn', message, at: Date.now() }]);
  const losses = run.losses + 1;
  if (run.cancelRequested) return moveRun(tx, run, 'cancel', { losses });
  if (losses <= MAX_LOSSES) return moveRun(tx, run, 'requeue', { losses });
  const failure: Failure = {
    class: 'operational',
    message: `its worker was lost ${losses} times`,
    remedy: 'see whether the worker runs out of memory with this run (smaller batches, fewer slots), then retry it',
  };
  return moveRun(tx, run, 'fail', { failure, losses });
}
