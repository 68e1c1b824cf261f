import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { logistic } from '../../../test/specs.js';
import type { Database } from './database.js';
import { EventStore, isNotAfter, type EventPage } from './event-store.js';
import { recordEvent, type RecordedEvent } from './record-event.js';

let open: OpenDatabase;
let database: Database;
let store: EventStore;
let runId: string;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
  store = new EventStore(database);
  runId = (await submitRuns(database, logistic)).runs[0];
});
afterAll(() => open.close());

const metrics = (step: number): RecordedEvent => ({
  type: 'metrics',
  runId,
  points: [{ key: 'k', step, value: step, at: step }],
});

/** The next page, once no transaction of anybody on this server, other specs included, holds anything back. */
function settledAfter(cursor: string): Promise<EventPage> {
  return vi.waitFor(
    async () => {
      const page = await store.after(cursor);
      expect(page.held).toBe(false);
      return page;
    },
    { timeout: 20_000, interval: 5 },
  );
}

/** Everything after a cursor, page by page. */
async function readFrom(cursor: string, limit = 7): Promise<{ steps: number[]; cursor: string }> {
  const steps: number[] = [];
  for (;;) {
    const page = await store.after(cursor, limit);
    for (const { event } of page.events) if (event.type === 'metrics') steps.push(event.points[0].step);
    cursor = page.cursor;
    if (!page.more) return { steps, cursor };
  }
}

describe('events', () => {
  it('come in the order of their writing, page by page', async () => {
    const cursor = await store.now();
    for (let step = 0; step < 20; step++) await recordEvent(database, metrics(step));
    await settledAfter(cursor);
    expect((await readFrom(cursor)).steps).toEqual(Array.from({ length: 20 }, (_, step) => step));
  });

  it('of transactions that commit in any order are read once each, and none is passed over', async () => {
    let { cursor } = await readFrom(await store.now());
    const writers = Array.from({ length: 8 }, (_, writer) =>
      (async () => {
        for (let round = 0; round < 15; round++) {
          await database.transaction(async (tx) => {
            await recordEvent(tx, metrics(writer * 1000 + round));
            // Held open for different times, so that later ids commit before earlier ones.
            await tx.query('SELECT pg_sleep($1)', [((writer * 7 + round * 3) % 5) / 1000]);
          });
        }
      })(),
    );
    let writing = true;
    const written = Promise.all(writers).finally(() => (writing = false));
    const seen: number[] = [];
    while (writing) {
      const page = await readFrom(cursor, 3);
      seen.push(...page.steps);
      cursor = page.cursor;
    }
    await written;
    await settledAfter(cursor);
    seen.push(...(await readFrom(cursor)).steps);
    const all = Array.from({ length: 8 }, (_, writer) =>
      Array.from({ length: 15 }, (_, round) => writer * 1000 + round),
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(all.flat());
    for (let writer = 0; writer < 8; writer++) {
      const own = seen.filter((step) => Math.floor(step / 1000) === writer);
      expect(own).toEqual(all[writer]);
    }
  });

  it('are held back, and said to be, while an older transaction is open', async () => {
    const cursor = await store.now();
    let release = () => undefined as void;
    const until = new Promise<void>((resolve) => (release = resolve));
    let opened = () => undefined as void;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const slow = database.transaction(async (tx) => {
      await recordEvent(tx, metrics(1));
      opened();
      await until;
    });
    await isOpen;
    await recordEvent(database, metrics(2));
    expect(await store.after(cursor)).toMatchObject({ events: [], held: true, cursor });
    release();
    await slow;
    const page = await settledAfter(cursor);
    expect(page.events).toMatchObject([{ event: { points: [{ step: 1 }] } }, { event: { points: [{ step: 2 }] } }]);
  });

  it('of one run that changed several times are one, with the run as it is now', async () => {
    const cursor = await store.now();
    for (let change = 0; change < 5; change++) await recordEvent(database, { type: 'run', runId });
    const { events } = await settledAfter(cursor);
    expect(events).toMatchObject([{ event: { type: 'run', run: { id: runId, state: 'queued' } } }]);
  });

  it('that are old are forgotten, and one who would have needed them is told so', async () => {
    const old = await store.now();
    await recordEvent(database, metrics(1));
    await database.query(`UPDATE events SET created_at = now() - interval '2 hours'`);
    await settledAfter(old);
    const recent = await store.now();
    await recordEvent(database, metrics(2));
    expect(await store.trim(60 * 60 * 1000)).toBeGreaterThan(0);
    expect(await store.after(old)).toMatchObject({ reset: true, events: [{ event: { type: 'reset' } }] });
    expect(await settledAfter(recent)).toMatchObject({ reset: false, events: [{ event: { points: [{ step: 2 }] } }] });
  });

  it('that an open transaction holds back are not forgotten, however old they are', async () => {
    const cursor = await store.now();
    let release = () => undefined as void;
    const until = new Promise<void>((resolve) => (release = resolve));
    let opened = () => undefined as void;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const slow = database.transaction(async (tx) => {
      await tx.query('SELECT pg_current_xact_id()');
      opened();
      await until;
    });
    await isOpen;
    await recordEvent(database, metrics(3));
    await database.query(`UPDATE events SET created_at = now() - interval '2 hours'`);
    await store.trim(60 * 60 * 1000);
    expect((await store.after(await store.now())).reset).toBe(false);
    release();
    await slow;
    expect(await settledAfter(cursor)).toMatchObject({ reset: false, events: [{ event: { points: [{ step: 3 }] } }] });
  });

  it('of a server that the database was restored from are forgotten, and the stream goes on', async () => {
    const future = 10n ** 15n;
    await database.query(`INSERT INTO events (transaction, type) VALUES ($1, 'workers')`, [future]);
    await database.query('UPDATE event_horizon SET transaction = $1', [future]);
    await store.forgetOtherServers();
    const cursor = await store.now();
    await recordEvent(database, metrics(4));
    expect(await settledAfter(cursor)).toMatchObject({ reset: false, events: [{ event: { points: [{ step: 4 }] } }] });
  });

  it.each(['nonsense', '', '1', '-1-2', '99999999999999999999-1', '9223372036854775807-1'])(
    'after "%s", which is no cursor of this database, are none but the word to fetch everything anew',
    async (cursor) => {
      const page = await store.after(cursor);
      expect(page).toMatchObject({ reset: true, events: [{ event: { type: 'reset' } }] });
      expect((await store.after(page.cursor)).reset).toBe(false);
    },
  );
});

describe('a cursor', () => {
  it.each([
    ['1-1', '1-1', true],
    ['1-1', '1-2', true],
    ['1-2', '1-1', false],
    ['9-5', '10-1', true],
    ['10-1', '9-5', false],
    ['x', '1-1', false],
  ])('%s is at or before %s: %s', (first, second, expected) => {
    expect(isNotAfter(first, second)).toBe(expected);
  });
});
