import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PlatformEventSchema, type PlatformEvent, type Run } from '#contracts';
import { PostgresAttemptStore } from '#persistence';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { beginRun, openTestDatabase } from '../../../../test/database.js';
import { logistic } from '../../../../test/specs.js';

interface Received {
  id: string;
  event: PlatformEvent | undefined;
}

/** A watcher: reads the stream as a browser's EventSource does. */
class Watcher {
  readonly received: Received[] = [];
  readonly headers: Promise<Headers>;
  readonly ended: Promise<void>;
  private readonly gone = new AbortController();

  constructor(url: string, lastEventId?: string) {
    const response = fetch(url, {
      signal: this.gone.signal,
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    });
    this.headers = response.then(({ headers }) => headers);
    this.ended = response.then((each) => this.read(each)).catch(() => undefined);
  }

  get events(): PlatformEvent[] {
    return this.received.flatMap(({ event }) => event ?? []);
  }

  get lastId(): string {
    return this.received.at(-1)?.id ?? '';
  }

  /** The stream has begun: it has its first cursor. */
  opened(): Promise<void> {
    return vi.waitFor(() => expect(this.received.length).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
  }

  async close(): Promise<void> {
    this.gone.abort();
    await this.ended;
  }

  private async read(response: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  private take(frame: string): void {
    const id = /^id: (.*)$/m.exec(frame)?.[1] ?? '';
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    this.received.push({ id, event: data === undefined ? undefined : PlatformEventSchema.parse(JSON.parse(data)) });
  }
}

let api: TestApi;
let store: PostgresAttemptStore;
let watchers: Watcher[] = [];
beforeAll(async () => {
  api = await startTestApi();
  store = new PostgresAttemptStore(api.database.database);
});
afterEach(async () => {
  await Promise.all(watchers.map((watcher) => watcher.close()));
  watchers = [];
});
afterAll(() => api.close());

async function watch(query = '', lastEventId?: string): Promise<Watcher> {
  const watcher = new Watcher(`${api.url}/api/v1/events${query}`, lastEventId);
  watchers.push(watcher);
  await watcher.opened();
  return watcher;
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const steps = (watcher: Watcher) =>
  watcher.events.flatMap((event) => (event.type === 'metrics' ? event.points.map(({ step }) => step) : []));

describe('the stream of events', () => {
  it('tells of a run from its submission to its end', async () => {
    const watcher = await watch();
    const [{ id }] = (await api.submit()).runs;
    const { token } = await beginRun(api.database.database, id);
    await store.appendMetrics(token, [{ key: 'train.loss', step: 1, value: 0.5, at: 1 }]);
    await store.appendLogs(token, [{ level: 'info', message: 'begun', at: 1 }]);
    await store.addArtifact(token, { name: 'report.json', kind: 'report', sha256: 'b'.repeat(64), size: 1 });
    await store.finish(token, { type: 'completed' });
    const isEnd = (event: PlatformEvent) =>
      event.type === 'run' && event.run.id === id && event.run.state === 'completed';
    await until(() => expect(watcher.events.some(isEnd)).toBe(true));
    const headers = await watcher.headers;
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(headers.get('cache-control')).toMatch(/no-store/);
    const types = watcher.events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['run', 'metrics', 'logs', 'artifacts', 'workers']));
    const logs = watcher.events.find((event) => event.type === 'logs');
    expect(logs).toMatchObject({ runId: id, lines: [{ seq: 1, message: 'begun', attempt: 1 }] });
  });

  it('is of one run alone where that is asked for', async () => {
    const [mine, other] = [(await api.submit()).runs[0].id, (await api.submit()).runs[0].id];
    const watcher = await watch(`?run=${mine}`);
    await api.send('POST', `runs/${other}/cancel`);
    await api.send('POST', `runs/${mine}/cancel`);
    await until(() => expect(watcher.events.length).toBeGreaterThan(0));
    expect(watcher.events.every((event) => event.type === 'run' && event.run.id === mine)).toBe(true);
    expect(await api.get('events?run=x')).toMatchObject({ status: 422 });
  });

  it('goes on after the event that a watcher has seen last: nothing is missed, nothing comes twice', async () => {
    const { token } = await beginRun(api.database.database, (await api.submit()).runs[0].id);
    const write = (step: number) => store.appendMetrics(token, [{ key: 'k', step, value: step, at: step }]);
    const first = await watch();
    for (let step = 0; step < 10; step++) await write(step);
    await until(() => expect(steps(first).length).toBeGreaterThanOrEqual(4));
    await first.close();
    const seen = steps(first);
    for (let step = 10; step < 20; step++) await write(step);
    const second = await watch('', first.lastId);
    for (let step = 20; step < 30; step++) await write(step);
    await until(() => expect(steps(second)).toContain(29));
    expect([...seen, ...steps(second)]).toEqual(Array.from({ length: 30 }, (_, step) => step));
  });

  it('loses nothing between a listing and the stream, while runs change all the time', async () => {
    const { runs } = await api.submit({ ...logistic, seeds: Array.from({ length: 30 }, (_, seed) => seed) });
    const cancelling = (async () => {
      for (const { id } of runs) await api.send('POST', `runs/${id}/cancel`);
    })();
    // As the dashboard does it: the stream first, then the listing, and events over it.
    const watcher = await watch();
    const { body } = await api.get<{ items: Run[] }>('runs?limit=500');
    await cancelling;
    const states = new Map(body.items.map((run) => [run.id, run.state]));
    await until(() => {
      for (const event of watcher.events) if (event.type === 'run') states.set(event.run.id, event.run.state);
      expect(runs.map(({ id }) => states.get(id))).toEqual(runs.map(() => 'cancelled'));
    });
  });

  it('keeps back what an older transaction may still come before', async () => {
    const { token, runId } = await beginRun(api.database.database, (await api.submit()).runs[0].id);
    const watcher = await watch();
    const { database } = api.database;
    let commit = () => undefined as void;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let begunWriting = () => undefined as void;
    const writing = new Promise<void>((resolve) => (begunWriting = resolve));
    const slow = database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO events (transaction, type, run_id, payload)
         VALUES (pg_current_xact_id()::text::bigint, 'metrics', $1, '[{"key": "k", "step": 1, "value": 1, "at": 1}]')`,
        [runId],
      );
      begunWriting();
      await held;
    });
    await writing;
    await store.appendMetrics(token, [{ key: 'k', step: 2, value: 2, at: 2 }]);
    // A listing is allowed to see it already; the stream is not, or its order would depend on who commits first.
    const { body } = await api.get<{ items: { steps: number[] }[] }>(`runs/${runId}/metrics`);
    expect(body.items[0].steps).toEqual([2]);
    expect(steps(watcher)).toEqual([]);
    commit();
    await slow;
    await until(() => expect(steps(watcher)).toEqual([1, 2]));
  });

  it('tells a watcher to fetch everything anew where its cursor is gone or means nothing', async () => {
    for (const cursor of ['0-0', 'nonsense', '9223372036854775807-1']) {
      if (cursor === '0-0') {
        await api.submit();
        await api.database.database.query(`UPDATE event_horizon SET transaction = 1, id = 1`);
      }
      const watcher = await watch('', cursor);
      await until(() => expect(watcher.events[0]).toEqual({ type: 'reset' }));
      expect(watcher.events.filter(({ type }) => type === 'reset')).toHaveLength(1);
    }
  });
});

it('streams end when the api stops, and it stops in time', async () => {
  const database = await openTestDatabase();
  try {
    const stopping = await startTestApi({ database });
    const watcher = new Watcher(`${stopping.url}/api/v1/events`);
    await watcher.opened();
    const closed = stopping.close().then(() => 'closed');
    expect(await Promise.race([closed, sleep(4000, 'hangs', { ref: false })])).toBe('closed');
    await watcher.ended;
  } finally {
    await database.close();
  }
});
