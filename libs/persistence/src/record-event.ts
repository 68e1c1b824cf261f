import type { LogLine } from '#contracts';
import { CHANNELS } from './channels.js';
import type { Queryable } from './database.js';
import { jsonb } from './json-value.js';

/** What is written of an event; a run's row is read when the event is sent, so that a watcher gets its newest form. */
export type RecordedEvent =
  | { type: 'run'; runId: string }
  | { type: 'metrics'; runId: string; points: { key: string; step: number; value: number; at: number }[] }
  | { type: 'logs'; runId: string; lines: LogLine[] }
  | { type: 'artifacts'; runId: string }
  | { type: 'schedules' }
  | { type: 'workers' };

/** Records what happened, in the transaction in which it happens, and wakes those who watch when it commits. */
export async function recordEvent(tx: Queryable, event: RecordedEvent): Promise<void> {
  const runId = 'runId' in event ? event.runId : null;
  const payload = event.type === 'metrics' ? event.points : event.type === 'logs' ? event.lines : null;
  await tx.query(
    `WITH recorded AS (
       INSERT INTO events (transaction, type, run_id, payload)
       VALUES (pg_current_xact_id()::text::bigint, $1, $2, $3)
     )
     SELECT pg_notify($4, '')`,
    [event.type, runId, jsonb(payload), CHANNELS.events],
  );
}
