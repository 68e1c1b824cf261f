import type { Database } from './database.js';

/** A publication that is due, claimed by this process for a while. */
export interface OutboxMessage {
  runId: string;
  attempt: number;
  /** Milliseconds until it may be delivered. */
  delayMs: number;
}

/**
 * Publications that are due. Claiming holds no transaction open while the queue is talked to: a queue that hangs would
 * otherwise keep the runs' rows locked. A process that dies after publishing and before `published` leads to a second
 * publication, which the queue takes for the same message.
 */
export class Outbox {
  constructor(
    private readonly database: Database,
    private readonly claimMs = 30_000,
  ) {}

  /** Takes up to `limit` messages that no other process has, the oldest first. */
  async claim(limit: number): Promise<OutboxMessage[]> {
    return this.database.query<OutboxMessage>(
      `UPDATE outbox o SET claimed_until = now() + $2 * interval '1 millisecond'
       FROM (
         SELECT run_id, attempt FROM outbox WHERE claimed_until IS NULL OR claimed_until < now()
         ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ) AS free
       WHERE o.run_id = free.run_id AND o.attempt = free.attempt
       RETURNING o.run_id AS "runId", o.attempt,
         greatest(0, extract(epoch FROM o.due_at - now()) * 1000)::float8 AS "delayMs"`,
      [limit, this.claimMs],
    );
  }

  /** The queue has the message. */
  async published({ runId, attempt }: OutboxMessage): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query('DELETE FROM outbox WHERE run_id = $1 AND attempt = $2', [runId, attempt]);
      await tx.query(`UPDATE runs SET published_at = now() WHERE id = $1 AND state = 'queued' AND attempt + 1 = $2`, [
        runId,
        attempt,
      ]);
    });
  }

  /** The queue did not take the message: it is free for the next claim. */
  async release({ runId, attempt }: OutboxMessage): Promise<void> {
    await this.database.query('UPDATE outbox SET claimed_until = NULL WHERE run_id = $1 AND attempt = $2', [
      runId,
      attempt,
    ]);
  }
}
