import { isTerminal, type RunState } from '#contracts';
import { CHANNELS } from './channels.js';
import { ConflictError } from './database-errors.js';
import type { Database, Transaction } from './database.js';
import { notFound } from './project-store.js';
import { recordEvent } from './record-event.js';
import { lockRun, moveRun } from './run-lifecycle.js';
import { isUuid } from './uuid.js';

/** The message of a run that no longer waits for a worker: the queue may forget it. */
export interface Withdrawal {
  runId: string;
  attempt: number;
}

/** What a person asks of a run. */
export class RunControl {
  constructor(private readonly database: Database) {}

  /** Cancels (see `cancelRun`). */
  async cancel(id: string): Promise<Withdrawal | undefined> {
    if (!isUuid(id)) throw notFound('run', id);
    return this.database.transaction((tx) => cancelRun(tx, id));
  }

  /**
   * Queues another attempt at a run that failed or was cancelled, with a new allowance of failures. Throws ConflictError
   * where it has not ended, has completed, or a teacher of it has not completed.
   */
  async retry(id: string): Promise<void> {
    if (!isUuid(id)) throw notFound('run', id);
    await this.database.transaction(async (tx) => {
      const run = await lockRun(tx, id);
      if (run === undefined) throw notFound('run', id);
      if (run.state !== 'failed' && run.state !== 'cancelled') {
        throw new ConflictError(`run ${id} is ${run.state}: only a run that failed or was cancelled can be retried`);
      }
      await teachersMustBeCompleted(tx, id);
      await moveRun(tx, run, 'retry', { failures: 0, losses: 0 });
    });
  }
}

/**
 * Cancels a run: one that waits or is queued at once; of a running one it is asked, and its worker hears of it at once.
 * A run that is cancelled already stays so. Throws NotFoundError, and ConflictError where it has completed or failed.
 */
export async function cancelRun(tx: Transaction, id: string): Promise<Withdrawal | undefined> {
  const run = await lockRun(tx, id);
  if (run === undefined) throw notFound('run', id);
  if (run.state === 'cancelled' || run.cancelRequested) return undefined;
  if (isTerminal(run.state)) throw new ConflictError(`run ${id} has ${run.state} already: there is nothing to cancel`);
  if (run.state === 'running') {
    await tx.query('UPDATE runs SET cancel_requested = true WHERE id = $1', [id]);
    await tx.query('SELECT pg_notify($1, $2)', [CHANNELS.cancel, id]);
    await recordEvent(tx, { type: 'run', runId: id });
    return undefined;
  }
  await moveRun(tx, run, 'cancel');
  return run.state === 'queued' ? { runId: id, attempt: run.attempt + 1 } : undefined;
}

async function teachersMustBeCompleted(tx: Transaction, runId: string): Promise<void> {
  const teachers = await tx.query<{ id: string; state: RunState }>(
    `SELECT t.id, t.state FROM runs t
     WHERE t.id IN (SELECT teacher_run_id FROM run_teachers WHERE run_id = $1) ORDER BY t.id FOR SHARE`,
    [runId],
  );
  const missing = teachers.find(({ state }) => state !== 'completed');
  if (missing === undefined) return;
  const remedy = isTerminal(missing.state) ? 'retry that one first' : 'wait until it has completed';
  throw new ConflictError(`its teacher, run ${missing.id}, is ${missing.state}: ${remedy}`);
}
