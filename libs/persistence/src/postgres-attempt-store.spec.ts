import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '#contracts';
import { beginRun, openTestDatabase, registerWorker, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { distillation, logistic, transfer } from '../../../test/specs.js';
import { FencedError, type AttemptOutcome } from './attempt-store.js';
import { NotFoundError } from './database-errors.js';
import type { Database } from './database.js';
import { LogStore } from './log-store.js';
import { MetricStore } from './metric-store.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';
import { RunArtifactStore } from './run-artifact-store.js';
import { RunControl } from './run-control.js';
import { RunStore } from './run-store.js';

let open: OpenDatabase;
let database: Database;
let store: PostgresAttemptStore;
let runs: RunStore;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
  store = new PostgresAttemptStore(database);
  runs = new RunStore(database);
});
afterAll(() => open.close());

const submitted = async (spec: unknown = logistic) => (await submitRuns(database, spec)).runs[0];
const engine = { backend: 'cpu', version: '1', reason: 'a test', threads: 1 };
const progress = { phase: 'train', done: 1, total: 2, fraction: 0.5 };
const point = { key: 'train.loss', step: 1, value: 0.5, at: 1 };
const sha = (letter: string) => letter.repeat(64);

/** Each way to write something of an attempt. */
const WRITES: [string, (token: string) => Promise<unknown>][] = [
  ['heartbeat', (token) => store.heartbeat(token)],
  ['engine', (token) => store.setEngine(token, engine)],
  ['progress', (token) => store.setProgress(token, progress)],
  ['metrics', (token) => store.appendMetrics(token, [point])],
  ['logs', (token) => store.appendLogs(token, [{ level: 'info', message: 'from a zombie', at: 1 }])],
  ['artifact', (token) => store.addArtifact(token, { name: 'x', kind: 'other', sha256: sha('a'), size: 1 })],
  ['completed', (token) => store.finish(token, { type: 'completed' })],
  ['failed', (token) => store.finish(token, { type: 'failed', failure: { class: 'bug', message: 'b' } })],
  ['cancelled', (token) => store.finish(token, { type: 'cancelled' })],
  ['drained', (token) => store.finish(token, { type: 'drained' })],
];

/** All that there is of a run, to see that nothing was written. */
async function everythingOf(id: string): Promise<unknown> {
  return Promise.all([
    database.query('SELECT * FROM runs WHERE id = $1', [id]),
    database.query('SELECT * FROM attempts WHERE run_id = $1 ORDER BY number', [id]),
    database.query('SELECT * FROM metric_points WHERE run_id = $1', [id]),
    database.query('SELECT * FROM log_lines WHERE run_id = $1 ORDER BY seq', [id]),
    database.query('SELECT * FROM run_artifacts WHERE run_id = $1', [id]),
    database.query('SELECT * FROM outbox WHERE run_id = $1', [id]),
  ]);
}

describe('a token', () => {
  it.each(WRITES)('whose attempt was lost to another one cannot write: %s', async (_, write) => {
    const id = await submitted();
    const zombie = await beginRun(database, id);
    // The queue delivers the message again: the worker has lost its lease.
    const workerId = await registerWorker(database, 'second');
    const next = await store.begin({ runId: id, attempt: 1, workerId });
    expect(next).toMatchObject({ number: 2 });
    const before = await everythingOf(id);
    await expect(write(zombie.token)).rejects.toThrow(FencedError);
    expect(await everythingOf(id)).toEqual(before);
    await store.appendMetrics(next!.token, [point]);
  });

  it.each(WRITES)('of a run that has ended cannot write: %s', async (_, write) => {
    const id = await submitted();
    const { token } = await beginRun(database, id);
    await store.finish(token, { type: 'completed' });
    const before = await everythingOf(id);
    await expect(write(token)).rejects.toThrow(FencedError);
    expect(await everythingOf(id)).toEqual(before);
  });

  it.each(['', 'no-uuid', randomUUID()])('that was never given ("%s") cannot write', async (token) => {
    for (const [, write] of WRITES) await expect(write(token)).rejects.toThrow(FencedError);
  });

  it('of a zombie that writes at the very moment of its loss writes before it or not at all', async () => {
    const id = await submitted();
    const zombie = await beginRun(database, id);
    const workerId = await registerWorker(database, 'taker');
    const lines = Array.from({ length: 20 }, (_, index) =>
      store.appendLogs(zombie.token, [{ level: 'info', message: `zombie ${index}`, at: 1 }]).catch((error) => error),
    );
    const [next] = await Promise.all([store.begin({ runId: id, attempt: 1, workerId }), ...lines]);
    await store.appendLogs(next!.token, [{ level: 'info', message: 'the next one', at: 1 }]);
    const { items } = await new LogStore(database).page(id, { after: 0, limit: 100 });
    const lost = items.findIndex(({ message }) => message.startsWith('attempt 1 is lost'));
    expect(items.slice(0, lost).every(({ message, attempt }) => message.startsWith('zombie') && attempt === 1)).toBe(
      true,
    );
    expect(items.slice(lost + 1).map(({ message, attempt }) => [message, attempt])).toEqual([['the next one', 2]]);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  });
});

describe('beginning', () => {
  it('gives the spec, and marks the run as running on this worker', async () => {
    const id = await submitted({ ...logistic, seeds: [7] });
    const workerId = await registerWorker(database, 'gpu-3');
    const begun = await store.begin({ runId: id, attempt: 1, workerId });
    expect(begun).toMatchObject({ number: 1, runId: id, project: 'default', seed: 7, spec: { name: logistic.name } });
    expect(await runs.get(id)).toMatchObject({ state: 'running', attempt: 1, worker: 'gpu-3' });
    expect(await runs.attempts(id)).toMatchObject([{ number: 1, worker: 'gpu-3', outcome: 'running' }]);
  });

  it('is done by one of many workers that have the same message', async () => {
    const id = await submitted();
    const workers = await Promise.all(Array.from({ length: 6 }, () => registerWorker(database)));
    // The first delivery begins; each further one takes the run over, so the attempts come one after another.
    const begun = await Promise.all(workers.map((workerId) => store.begin({ runId: id, attempt: 1, workerId })));
    const numbers = begun.flatMap((each) => each?.number ?? []);
    const attempts = await runs.attempts(id);
    expect(attempts.filter(({ outcome }) => outcome === 'running')).toHaveLength(1);
    expect(numbers).toHaveLength(attempts.length);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('does nothing for a message that is out of date', async () => {
    const workerId = await registerWorker(database);
    const id = await submitted();
    expect(await store.begin({ runId: id, attempt: 2, workerId })).toBeUndefined();
    const { token } = await beginRun(database, id);
    await store.finish(token, { type: 'completed' });
    expect(await store.begin({ runId: id, attempt: 1, workerId })).toBeUndefined();
    expect(await store.begin({ runId: randomUUID(), attempt: 1, workerId })).toBeUndefined();
    const cancelled = await submitted();
    await new RunControl(database).cancel(cancelled);
    expect(await store.begin({ runId: cancelled, attempt: 1, workerId })).toBeUndefined();
    const waiting = await submitted(distillation(await submitted({ ...transfer, name: 'unfinished' })));
    expect(await store.begin({ runId: waiting, attempt: 1, workerId })).toBeUndefined();
  });

  it('is refused to a worker that is not registered', async () => {
    const request = { runId: await submitted(), attempt: 1, workerId: randomUUID() };
    await expect(store.begin(request)).rejects.toThrow(NotFoundError);
    expect(await runs.get(request.runId)).toMatchObject({ state: 'queued', attempt: 0 });
  });

  it('gives the files of the teacher and the newest checkpoint of earlier attempts', async () => {
    const teacher = await submitted({ ...transfer, name: 'with a model' });
    const first = await beginRun(database, teacher);
    await store.addArtifact(first.token, {
      name: 'model/weights.safetensors',
      kind: 'model',
      sha256: sha('c'),
      size: 9,
    });
    await store.addArtifact(first.token, { name: 'report.json', kind: 'report', sha256: sha('d'), size: 2 });
    await store.finish(first.token, { type: 'completed' });
    const student = await submitted(distillation(teacher));
    const second = await beginRun(database, student);
    const artifacts = [{ name: 'model/weights.safetensors', sha256: sha('c'), size: 9 }];
    expect(second.teachers).toEqual([{ member: 0, runId: teacher, artifacts }]);
    expect(second.checkpoint).toBeUndefined();
    for (const letter of ['e', 'f']) {
      const checkpoint = { name: 'checkpoint.safetensors', kind: 'checkpoint', sha256: sha(letter), size: 4 } as const;
      await store.addArtifact(second.token, checkpoint);
    }
    await store.finish(second.token, { type: 'drained' });
    const third = await beginRun(database, student);
    expect(third).toMatchObject({
      number: 2,
      checkpoint: { name: 'checkpoint.safetensors', sha256: sha('f'), size: 4 },
    });
  });
});

describe('what an attempt writes', () => {
  it('replaces a point of the same key and step: a run that goes on from a checkpoint repeats steps', async () => {
    const { token, runId } = await beginRun(database, await submitted());
    await store.appendMetrics(token, [point, { ...point, step: 2, value: 0.4 }]);
    await store.appendMetrics(token, [
      { ...point, step: 2, value: 0.3 },
      { ...point, step: 2, value: 0.2 },
    ]);
    const [series] = await new MetricStore(database).series(runId, { maxPoints: 100 });
    expect(series).toMatchObject({ steps: [1, 2], values: [0.5, 0.2] });
    expect((await runs.get(runId)).metrics).toEqual({ 'train.loss': 0.2 });
  });

  it('says in the log what no curve can show', async () => {
    const { token, runId } = await beginRun(database, await submitted());
    await store.appendMetrics(token, [
      { ...point, value: NaN },
      { ...point, step: 2, value: Infinity },
    ]);
    expect(await new MetricStore(database).series(runId, { maxPoints: 100 })).toEqual([]);
    const { items } = await new LogStore(database).page(runId, { after: 0, limit: 10 });
    expect(items.map(({ message }) => message)).toEqual([
      'train.loss is NaN at step 1',
      'train.loss is Infinity at step 2',
    ]);
  });

  it('keeps any text that a trainer prints', async () => {
    const { token, runId } = await beginRun(database, await submitted());
    const message = 'NUL \0, half a pair \ud83d, a whole one 😀, "quotes", \\ and \u2028';
    await store.appendLogs(token, [{ level: 'info', message, at: 1 }]);
    const { items } = await new LogStore(database).page(runId, { after: 0, limit: 10 });
    expect(items[0].message).toBe('NUL , half a pair \ufffd, a whole one 😀, "quotes", \\ and \u2028');
  });

  it('replaces a file of the same name', async () => {
    const { token, runId } = await beginRun(database, await submitted());
    for (const letter of ['1', '2']) {
      await store.addArtifact(token, { name: 'report.json', kind: 'report', sha256: sha(letter), size: 3 });
    }
    expect(await new RunArtifactStore(database).list(runId)).toMatchObject([{ name: 'report.json', sha256: sha('2') }]);
  });

  it('numbers log lines without gaps, also where several are written at once', async () => {
    const { token, runId } = await beginRun(database, await submitted());
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        store.appendLogs(token, [
          { level: 'info', message: `a ${index}`, at: 1 },
          { level: 'info', message: `b ${index}`, at: 1 },
        ]),
      ),
    );
    const { items } = await new LogStore(database).page(runId, { after: 0, limit: 100 });
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});

describe('the end of an attempt', () => {
  const failed = (failureClass: Failure['class']): AttemptOutcome => ({
    type: 'failed',
    failure: { class: failureClass, message: 'it broke' },
  });

  async function statesAfter(outcome: AttemptOutcome, times: number): Promise<string[]> {
    const id = await submitted();
    const states: string[] = [];
    for (let time = 0; time < times; time++) {
      const { token } = await beginRun(database, id);
      await store.finish(token, outcome);
      const { state } = await runs.get(id);
      states.push(state);
      if (state !== 'queued') break;
    }
    return states;
  }

  // ADR 3: a person's mistake is never retried, an operational failure up to three times with backoff, a bug once.
  it.each([
    ['user', ['failed']],
    ['operational', ['queued', 'queued', 'failed']],
    ['bug', ['queued', 'failed']],
  ] as const)('by a failure of class "%s" leads to %j', async (failureClass, expected) => {
    expect(await statesAfter(failed(failureClass), 5)).toEqual(expected);
  });

  it('by an operational failure makes the next one wait, longer each time', async () => {
    const id = await submitted();
    const delays: number[] = [];
    for (let time = 0; time < 2; time++) {
      const { token } = await beginRun(database, id);
      await store.finish(token, failed('operational'));
      const [{ delay }] = await database.query<{ delay: number }>(
        'SELECT round(extract(epoch FROM due_at - now()))::int AS delay FROM outbox WHERE run_id = $1',
        [id],
      );
      delays.push(delay);
    }
    expect(delays[0]).toBeGreaterThanOrEqual(9);
    expect(delays[0]).toBeLessThanOrEqual(10);
    expect(delays[1]).toBeGreaterThanOrEqual(39);
    expect(delays[1]).toBeLessThanOrEqual(40);
  });

  it('by draining does not count', async () => {
    expect(await statesAfter({ type: 'drained' }, 6)).toEqual(Array(6).fill('queued'));
  });

  it('gives a run that a person retries its whole allowance again', async () => {
    const id = await submitted();
    const end = async () => {
      const { token } = await beginRun(database, id);
      await store.finish(token, failed('bug'));
      return (await runs.get(id)).state;
    };
    expect([await end(), await end()]).toEqual(['queued', 'failed']);
    await new RunControl(database).retry(id);
    expect([await end(), await end()]).toEqual(['queued', 'failed']);
    expect((await runs.get(id)).attempt).toBe(4);
  });

  it('is a cancellation where a person has asked for one, however it came about', async () => {
    for (const outcome of [failed('operational'), { type: 'drained' } as const, { type: 'cancelled' } as const]) {
      const id = await submitted();
      const { token } = await beginRun(database, id);
      await new RunControl(database).cancel(id);
      await store.finish(token, outcome);
      expect(await runs.get(id)).toMatchObject({ state: 'cancelled', cancelRequested: false });
    }
  });

  it('is completion where the run was done before the cancellation reached it', async () => {
    const id = await submitted();
    const { token } = await beginRun(database, id);
    await new RunControl(database).cancel(id);
    await store.finish(token, { type: 'completed' });
    expect((await runs.get(id)).state).toBe('completed');
  });
});
