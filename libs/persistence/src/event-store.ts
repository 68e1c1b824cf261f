import type { PlatformEvent } from '#contracts';
import type { Database } from './database.js';
import type { RecordedEvent } from './record-event.js';
import { findRuns } from './run-view.js';

export interface EventPage {
  /** In order, each with the cursor after which the next one follows. */
  events: { cursor: string; event: PlatformEvent }[];
  /** Where to go on. */
  cursor: string;
  /** There may be more at once. */
  more: boolean;
  /** Events are there that cannot be given yet, because an older transaction is still open: ask again soon. */
  held: boolean;
  /** The cursor is too old, or of another database: what it asks for is gone. */
  reset: boolean;
}

interface EventRow {
  transaction: string;
  id: string;
  type: RecordedEvent['type'];
  runId: string | null;
  payload: unknown;
}

/**
 * What happened, in an order in which nothing can appear before a cursor that was given: by the id of the writing
 * transaction, and only of transactions older than every open one. (Postgres hands out ids at the insert, not at the
 * commit: a reader who went by them would miss what commits late.)
 */
export class EventStore {
  constructor(private readonly database: Database) {}

  /**
   * To be called at the start. A database that was restored from a dump counts its transactions anew: what remains of
   * the old count lies in the future, and would hold back or outdate everything.
   */
  async forgetOtherServers(): Promise<void> {
    const future = 'transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint';
    await this.database.query(`DELETE FROM events WHERE ${future}`);
    await this.database.query(`UPDATE event_horizon SET transaction = 0, id = 0 WHERE ${future}`);
  }

  /** The cursor that everything which commits from now on comes after. */
  async now(): Promise<string> {
    const [{ settled }] = await this.database.query<{ settled: string }>(
      `SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text AS settled`,
    );
    return `${settled}-${LAST_ID}`;
  }

  async after(cursor: string, limit = 500): Promise<EventPage> {
    const position = parseCursor(cursor);
    if (position === undefined) return this.resetPage();
    const [state] = await this.database.query<{ reset: boolean }>(
      `SELECT $1::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         OR ($1::bigint, $2::bigint) < (SELECT transaction, id FROM event_horizon) AS reset`,
      [position.transaction, position.id],
    );
    if (state.reset) return this.resetPage();
    const rows = await this.database.query<EventRow & { held: boolean }>(
      `SELECT transaction, id, type, run_id AS "runId", payload,
         transaction >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS held
       FROM events WHERE (transaction, id) > ($1::bigint, $2::bigint) ORDER BY transaction, id LIMIT $3`,
      [position.transaction, position.id, limit],
    );
    const ready = rows.filter((row) => !row.held);
    const last = ready.at(-1);
    return {
      events: await this.asPlatformEvents(ready),
      cursor: last === undefined ? cursor : cursorOf(last),
      more: ready.length === limit,
      held: ready.length < rows.length,
      reset: false,
    };
  }

  /**
   * Forgets events older than this, and remembers up to where. Returns how many. What an open transaction holds back
   * stays: otherwise `now` would be a cursor that is too old already.
   */
  async trim(olderThanMs: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const trimmed = await tx.query<{ transaction: string; id: string }>(
        `DELETE FROM events WHERE created_at < now() - $1 * interval '1 millisecond'
           AND transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint RETURNING transaction, id`,
        [olderThanMs],
      );
      await tx.query(
        `UPDATE event_horizon SET transaction = newest.transaction, id = newest.id
         FROM (SELECT t::bigint AS transaction, i::bigint AS id FROM unnest($1::text[], $2::text[]) AS gone (t, i)
               ORDER BY 1 DESC, 2 DESC LIMIT 1) AS newest
         WHERE (event_horizon.transaction, event_horizon.id) < (newest.transaction, newest.id)`,
        [trimmed.map((row) => row.transaction), trimmed.map((row) => row.id)],
      );
      return trimmed.length;
    });
  }

  private async resetPage(): Promise<EventPage> {
    const cursor = await this.now();
    return { events: [{ cursor, event: { type: 'reset' } }], cursor, more: false, held: false, reset: true };
  }

  /** Several changes of a run's row are one event, the last: it carries the row as it is now. */
  private async asPlatformEvents(rows: EventRow[]): Promise<EventPage['events']> {
    const lastOfRun = new Map(rows.flatMap((row) => (row.type === 'run' ? [[row.runId, row.id] as const] : [])));
    const runs = await findRuns(
      this.database,
      [...lastOfRun.keys()].filter((id) => id !== null),
    );
    return rows.flatMap((row) => {
      if (row.type === 'run' && lastOfRun.get(row.runId) !== row.id) return [];
      const event = platformEvent(row, runs);
      return event === undefined ? [] : [{ cursor: cursorOf(row), event }];
    });
  }
}

function platformEvent(row: EventRow, runs: Awaited<ReturnType<typeof findRuns>>): PlatformEvent | undefined {
  const runId = row.runId ?? '';
  switch (row.type) {
    case 'run': {
      const run = runs.get(runId);
      return run === undefined ? undefined : { type: 'run', run };
    }
    case 'metrics':
      return { type: 'metrics', runId, points: row.payload as Extract<PlatformEvent, { type: 'metrics' }>['points'] };
    case 'logs':
      return { type: 'logs', runId, lines: row.payload as Extract<PlatformEvent, { type: 'logs' }>['lines'] };
    case 'artifacts':
      return { type: 'artifacts', runId };
    case 'schedules':
    case 'workers':
      return { type: row.type };
  }
}

const LAST_ID = 2n ** 63n - 1n;

function cursorOf({ transaction, id }: { transaction: string; id: string }): string {
  return `${transaction}-${id}`;
}

function parseCursor(cursor: string): { transaction: string; id: string } | undefined {
  const [, transaction, id] = /^(\d{1,19})-(\d{1,19})$/.exec(cursor) ?? [];
  if (transaction === undefined || BigInt(transaction) > LAST_ID || BigInt(id) > LAST_ID) return undefined;
  return { transaction, id };
}

/** Whether the first cursor is at or before the second one. */
export function isNotAfter(first: string, second: string): boolean {
  const [a, b] = [parseCursor(first), parseCursor(second)];
  if (a === undefined || b === undefined) return false;
  const [at, bt] = [BigInt(a.transaction), BigInt(b.transaction)];
  return at < bt || (at === bt && BigInt(a.id) <= BigInt(b.id));
}
