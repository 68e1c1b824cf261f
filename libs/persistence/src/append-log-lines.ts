import type { LogLevel, LogLine } from '#contracts';
import type { Transaction } from './database.js';
import { storable } from './json-value.js';
import { recordEvent } from './record-event.js';

/** Characters of one line; what is beyond is cut off. */
const MAX_MESSAGE = 16_384;

/** Appends lines to a run whose row this transaction has locked: the lock makes the numbering without gaps. */
export async function appendLogLines(
  tx: Transaction,
  run: { id: string; attempt: number },
  lines: { level: LogLevel; message: string; at: number }[],
): Promise<void> {
  if (lines.length === 0) return;
  const [{ last }] = await tx.query<{ last: number }>(
    'SELECT coalesce(max(seq), 0)::int AS last FROM log_lines WHERE run_id = $1',
    [run.id],
  );
  const numbered = lines.map((line, index): LogLine => ({
    seq: last + index + 1,
    attempt: run.attempt,
    at: new Date(line.at).toISOString(),
    level: line.level,
    message: storable(line.message).slice(0, MAX_MESSAGE),
  }));
  await tx.query(
    `INSERT INTO log_lines (run_id, seq, attempt, at, level, message)
     SELECT $1, seq, $2, at, level, message
     FROM unnest($3::int[], $4::timestamptz[], $5::text[], $6::text[]) AS line (seq, at, level, message)`,
    [
      run.id,
      run.attempt,
      numbered.map((line) => line.seq),
      numbered.map((line) => line.at),
      numbered.map((line) => line.level),
      numbered.map((line) => line.message),
    ],
  );
  await recordEvent(tx, { type: 'logs', runId: run.id, lines: numbered });
}
