import { CHANNELS } from './channels.js';
import type { Database } from './database.js';
import { endLostAttempt } from './lost-attempt.js';
import { recordEvent } from './record-event.js';
import { lockRun } from './run-lifecycle.js';
import { WORKER_SILENCE_MS } from './worker-store.js';

export interface ReconcilerOptions {
  /** A worker that was silent for this long has lost its attempts. Milliseconds. */
  silenceMs?: number;
  /** A queued run that no worker took is published again after this long. Milliseconds. */
  republishMs?: number;
}

/** Rows handled in one pass: the rest is handled in the next. */
const BATCH = 1000;

/**
 * Repairs what a crash leaves behind. Any number of processes may run passes at once: each repair is a transaction that
 * locks its run and looks again.
 */
export class Reconciler {
  private readonly silenceMs: number;
  private readonly republishMs: number;

  constructor(
    private readonly database: Database,
    { silenceMs = WORKER_SILENCE_MS, republishMs = 60_000 }: ReconcilerOptions = {},
  ) {
    this.silenceMs = silenceMs;
    this.republishMs = republishMs;
  }

  async pass(): Promise<{ lost: number; republished: number }> {
    return { lost: await this.recoverLost(), republished: await this.republish() };
  }

  /** Ends the attempts of workers that are gone. */
  private async recoverLost(): Promise<number> {
    const suspects = await this.database.query<{ runId: string }>(
      `SELECT a.run_id AS "runId" FROM attempts a LEFT JOIN workers w ON w.id = a.worker_id
       WHERE a.outcome = 'running' AND ${GONE} LIMIT ${BATCH}`,
      [this.silenceMs],
    );
    let lost = 0;
    for (const { runId } of suspects) if (await this.recover(runId)) lost++;
    if (lost > 0) await recordEvent(this.database, { type: 'workers' });
    return lost;
  }

  private async recover(runId: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const run = await lockRun(tx, runId);
      if (run?.state !== 'running') return false;
      const [attempt] = await tx.query<{ worker: string }>(
        `SELECT a.worker_name AS worker FROM attempts a LEFT JOIN workers w ON w.id = a.worker_id
         WHERE a.run_id = $2 AND a.number = $3 AND a.outcome = 'running' AND ${GONE}`,
        [this.silenceMs, run.id, run.attempt],
      );
      if (attempt === undefined) return false;
      await endLostAttempt(tx, run, `worker ${attempt.worker} is gone`);
      return true;
    });
  }

  /**
   * Puts runs back into the outbox that were published long ago and not taken: the queue may have lost them. Where it has
   * not, publishing again changes nothing.
   */
  private async republish(): Promise<number> {
    const rows = await this.database.query(
      `INSERT INTO outbox (run_id, attempt, due_at)
       SELECT id, attempt + 1, due_at FROM runs
       WHERE state = 'queued' AND due_at < now() - $1 * interval '1 millisecond'
         AND (published_at IS NULL OR published_at < now() - $1 * interval '1 millisecond')
       ORDER BY due_at LIMIT ${BATCH}
       ON CONFLICT (run_id, attempt) DO NOTHING RETURNING run_id`,
      [this.republishMs],
    );
    if (rows.length > 0) await this.database.query('SELECT pg_notify($1, $2)', [CHANNELS.outbox, '']);
    return rows.length;
  }
}

/** `$1` is the silence in milliseconds. */
const GONE = `(w.id IS NULL OR w.left_at IS NOT NULL OR w.last_seen_at < now() - $1 * interval '1 millisecond')`;
