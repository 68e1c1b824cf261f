import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginRun, openTestDatabase, registerWorker, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { logistic } from '../../../test/specs.js';
import { FencedError } from './attempt-store.js';
import type { Database } from './database.js';
import { LogStore } from './log-store.js';
import { Outbox } from './outbox.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';
import { Reconciler } from './reconciler.js';
import { MAX_LOSSES } from './retry-policy.js';
import { RunControl } from './run-control.js';
import { RunStore } from './run-store.js';
import { WORKER_SILENCE_MS, WorkerStore } from './worker-store.js';

let open: OpenDatabase;
let database: Database;
let reconciler: Reconciler;
let runs: RunStore;
let store: PostgresAttemptStore;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
  reconciler = new Reconciler(database);
  runs = new RunStore(database);
  store = new PostgresAttemptStore(database);
});
afterAll(() => open.close());

const submitted = async () => (await submitRuns(database, logistic)).runs[0];
/** As if the worker had last been heard of that long ago. */
const silenceOf = (workerId: string, ms: number) =>
  database.query(`UPDATE workers SET last_seen_at = now() - $2 * interval '1 millisecond' WHERE id = $1`, [
    workerId,
    ms,
  ]);

describe('a worker that is gone', () => {
  it.each([
    ['fell silent', (id: string) => silenceOf(id, WORKER_SILENCE_MS + 1000)],
    ['left', (id: string) => new WorkerStore(database).leave(id)],
    ['was forgotten', (id: string) => database.query('DELETE FROM workers WHERE id = $1', [id])],
  ])('because it %s loses its runs: they are queued again, and it cannot write any more', async (_, go) => {
    const workerId = await registerWorker(database, 'lost-one');
    const id = await submitted();
    const { token } = await beginRun(database, id, workerId);
    expect(await reconciler.pass()).toEqual({ lost: 0, republished: 0 });
    await go(workerId);
    expect(await reconciler.pass()).toMatchObject({ lost: 1 });
    expect(await runs.get(id)).toMatchObject({ state: 'queued', attempt: 1 });
    expect(await runs.attempts(id)).toMatchObject([{ outcome: 'lost', finishedAt: expect.any(String) }]);
    await expect(store.finish(token, { type: 'completed' })).rejects.toThrow(FencedError);
    const { items } = await new LogStore(database).page(id, { after: 0, limit: 10 });
    expect(items.map(({ message }) => message)).toEqual(['attempt 1 is lost: worker lost-one is gone']);
    expect(await beginRun(database, id)).toMatchObject({ number: 2 });
  });

  it('loses each run once, however many processes look at once', async () => {
    const workerId = await registerWorker(database);
    const ids = await Promise.all(Array.from({ length: 8 }, submitted));
    for (const id of ids) await beginRun(database, id, workerId);
    await new WorkerStore(database).leave(workerId);
    const passes = await Promise.all(Array.from({ length: 4 }, () => new Reconciler(database).pass()));
    expect(passes.reduce((sum, { lost }) => sum + lost, 0)).toBe(8);
    for (const id of ids) expect(await runs.attempts(id)).toHaveLength(1);
  });

  it('ends a run that was to be cancelled', async () => {
    const workerId = await registerWorker(database);
    const id = await submitted();
    await beginRun(database, id, workerId);
    await new RunControl(database).cancel(id);
    await new WorkerStore(database).leave(workerId);
    await reconciler.pass();
    expect(await runs.get(id)).toMatchObject({ state: 'cancelled' });
  });

  it('again and again with the same run fails the run, which probably kills its workers', async () => {
    const id = await submitted();
    for (let loss = 0; loss <= MAX_LOSSES; loss++) {
      expect(await runs.get(id)).toMatchObject({ state: 'queued' });
      const workerId = await registerWorker(database);
      await beginRun(database, id, workerId);
      await new WorkerStore(database).leave(workerId);
      await reconciler.pass();
    }
    expect(await runs.get(id)).toMatchObject({
      state: 'failed',
      failure: { class: 'operational', remedy: expect.stringContaining('memory') },
    });
  });

  it('is not one that is only quiet for a moment', async () => {
    const workerId = await registerWorker(database);
    await beginRun(database, await submitted(), workerId);
    await silenceOf(workerId, WORKER_SILENCE_MS - 3000);
    expect(await reconciler.pass()).toMatchObject({ lost: 0 });
    await new WorkerStore(database).heartbeat(workerId);
  });
});

describe('a queue that has lost its messages', () => {
  it('gets those again that are queued and that nobody has taken for a while', async () => {
    const { runs: ids } = await submitRuns(database, { ...logistic, name: 'lost messages', seeds: [0, 1, 2] });
    const outbox = new Outbox(database);
    for (let batch = await outbox.claim(100); batch.length > 0; batch = await outbox.claim(100)) {
      for (const message of batch) await outbox.published(message);
    }
    await beginRun(database, ids[2]);
    expect(await reconciler.pass()).toMatchObject({ republished: 0 });
    await database.query(
      `UPDATE runs SET due_at = due_at - interval '2 minutes', published_at = published_at - interval '2 minutes'
       WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    const [first, second] = await Promise.all([reconciler.pass(), new Reconciler(database).pass()]);
    expect(first.republished + second.republished).toBe(2);
    expect((await outbox.claim(100)).map(({ runId, attempt }) => [runId, attempt]).sort()).toEqual(
      [ids[0], ids[1]].map((id) => [id, 1]).sort(),
    );
  });
});
