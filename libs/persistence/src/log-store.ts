import type { LogLine } from '#contracts';
import type { Database } from './database.js';

/** The logs of runs. */
export class LogStore {
  constructor(private readonly database: Database) {}

  /** Lines with a `seq` above `after`, ascending; `next` is the `after` of those that follow, null at the end. */
  async page(
    runId: string,
    { after, limit }: { after: number; limit: number },
  ): Promise<{ items: LogLine[]; next: string | null }> {
    const rows = await this.database.query<Omit<LogLine, 'at'> & { at: Date }>(
      'SELECT seq, attempt, at, level, message FROM log_lines WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [runId, after, limit + 1],
    );
    const items = rows.slice(0, limit).map((row) => ({ ...row, at: row.at.toISOString() }));
    const last = items.at(-1);
    return { items, next: rows.length > limit && last !== undefined ? String(last.seq) : null };
  }
}
