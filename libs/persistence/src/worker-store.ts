import { randomUUID } from 'node:crypto';
import type { WorkerView } from '#contracts';
import { NotFoundError } from './database-errors.js';
import type { Database } from './database.js';
import { recordEvent } from './record-event.js';

/** A worker that was silent for this long is taken for dead. Milliseconds. */
export const WORKER_SILENCE_MS = 15_000;

export interface WorkerRegistration {
  name: string;
  /** Runs that it takes at once. */
  slots: number;
  accelerator: WorkerView['accelerator'];
}

/** Which worker processes there are. A worker heartbeats every few seconds (a third of `silenceMs` or less). */
export class WorkerStore {
  constructor(
    private readonly database: Database,
    private readonly silenceMs = WORKER_SILENCE_MS,
  ) {}

  /** The id under which the worker begins attempts. A process registers once, at its start. */
  async register(worker: WorkerRegistration): Promise<string> {
    const id = randomUUID();
    await this.database.transaction(async (tx) => {
      await tx.query('INSERT INTO workers (id, name, slots, accelerator) VALUES ($1, $2, $3, $4)', [
        id,
        worker.name,
        worker.slots,
        worker.accelerator,
      ]);
      await recordEvent(tx, { type: 'workers' });
    });
    return id;
  }

  /** Throws NotFoundError where the worker has left or was forgotten: it must register again. */
  async heartbeat(id: string): Promise<void> {
    const seen = await this.database.query(
      'UPDATE workers SET last_seen_at = now() WHERE id = $1 AND left_at IS NULL RETURNING id',
      [id],
    );
    if (seen.length === 0) throw new NotFoundError(`worker ${id} is not registered: register again`);
  }

  /** An orderly end: what it still runs is given to others at the reconciler's next pass. */
  async leave(id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query('UPDATE workers SET left_at = now() WHERE id = $1 AND left_at IS NULL', [id]);
      await recordEvent(tx, { type: 'workers' });
    });
  }

  /** Those alive, and those seen in the last day, newest first. */
  async list(): Promise<WorkerView[]> {
    const rows = await this.database.query<
      Omit<WorkerView, 'startedAt' | 'lastSeenAt'> & { startedAt: Date; lastSeenAt: Date }
    >(
      `SELECT w.id, w.name, w.slots, w.accelerator, w.started_at AS "startedAt", w.last_seen_at AS "lastSeenAt",
         (SELECT count(*)::int FROM attempts a WHERE a.worker_id = w.id AND a.outcome = 'running') AS busy,
         w.left_at IS NULL AND w.last_seen_at > now() - $1 * interval '1 millisecond' AS alive
       FROM workers w WHERE w.last_seen_at > now() - interval '1 day'
       ORDER BY alive DESC, w.last_seen_at DESC, w.id LIMIT 500`,
      [this.silenceMs],
    );
    return rows.map((row) => ({
      ...row,
      startedAt: row.startedAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString(),
    }));
  }
}
