import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AttemptSchema,
  ComparisonSchema,
  listOf,
  LogPageSchema,
  MetricSeriesSchema,
  pageOf,
  RunDetailSchema,
  RunSchema,
  type BulkResult,
  type Comparison,
  type LogLine,
  type MetricSeries,
  type Page,
  type Report,
  type Run,
  type RunDetail,
} from '#contracts';
import { PostgresAttemptStore, type BegunAttempt, type Database } from '#persistence';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { beginRun, completeRun } from '../../../../test/database.js';
import { distillation, logistic, transfer } from '../../../../test/specs.js';

let api: TestApi;
let database: Database;
let store: PostgresAttemptStore;
beforeAll(async () => {
  api = await startTestApi();
  ({ database } = api.database);
  store = new PostgresAttemptStore(database);
});
afterAll(() => api.close());

const missing = '01930000-0000-7000-8000-000000000000';
async function submitted(spec: Record<string, unknown> = logistic): Promise<string> {
  return (await api.submit(spec)).runs[0].id;
}
async function begun(spec?: Record<string, unknown>): Promise<BegunAttempt> {
  return beginRun(database, await submitted(spec));
}
const detail = async (id: string) => (await api.get<RunDetail>(`runs/${id}`)).body;

function reportOf(top1: number): Report {
  return {
    pipeline: 'logistic',
    name: 'logistic-cifar10',
    seed: 0,
    classes: ['cat', 'dog'],
    dataset: { contentHash: 'h', train: 8, validation: 2, test: 4, unlabelled: 0, unreadable: [] },
    model: { name: 'logistic', parameters: 2, bytes: 8 },
    engine: { backend: 'cpu', version: '1', threads: 1 },
    test: { images: 4, top1, loss: 0.5, perClass: [], confusionMatrix: [] },
    durationMs: 10,
  };
}

describe('the list of runs', () => {
  beforeAll(async () => {
    await api.submit({ ...logistic, name: 'grid', seeds: [0, 1, 2, 3, 4, 5, 6, 7] });
    await api.submit({ ...transfer, name: 'other' });
    const { body } = await api.get<Page<Run>>('runs?experiment=grid&order=asc');
    const [first, second, third] = body.items;
    await completeRun(database, first.id, reportOf(0.8));
    await completeRun(database, second.id, reportOf(0.9));
    const { token } = await beginRun(database, third.id);
    await store.finish(token, { type: 'failed', failure: { class: 'user', message: 'no such folder' } });
  });

  async function listed(query: string): Promise<Run[]> {
    const { status, body } = await api.get<Page<Run>>(`runs?${query}`);
    expect(status).toBe(200);
    pageOf(RunSchema.strict()).parse(body);
    return body.items;
  }

  it('is filtered by state, pipeline, experiment, project and a part of the name', async () => {
    expect((await listed('experiment=grid')).length).toBe(8);
    expect((await listed('experiment=grid&state=completed')).length).toBe(2);
    expect((await listed('experiment=grid&state=completed&state=failed')).length).toBe(3);
    expect((await listed('pipeline=transfer')).map((run) => run.experimentName)).toEqual(['other']);
    expect((await listed('search=THE')).map((run) => run.experimentName)).toEqual(['other']);
    expect(await listed('search=%25')).toEqual([]);
    expect(await listed('project=nobodys')).toEqual([]);
  });

  it('is newest first, and sorted as asked for', async () => {
    expect((await listed('limit=1'))[0].experimentName).toBe('other');
    const best = await listed('sort=bestMetric&limit=3');
    expect(best.map((run) => run.bestMetric?.value ?? null)).toEqual([0.9, 0.8, null]);
    expect((await listed('sort=experimentName&order=desc&limit=1'))[0].experimentName).toBe('other');
  });

  it.each(['createdAt', 'experimentName', 'state', 'durationMs', 'bestMetric'])(
    'sorted by %s, with many ties, comes page by page, each run once',
    async (sort) => {
      for (const order of ['asc', 'desc']) {
        const whole = (await listed(`sort=${sort}&order=${order}&limit=500`)).map(({ id }) => id);
        const paged: string[] = [];
        for (let cursor: string | null | undefined; cursor !== null;) {
          const { body }: { body: Page<Run> } = await api.get(
            `runs?sort=${sort}&order=${order}&limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`,
          );
          expect(body.items.length).toBeLessThanOrEqual(2);
          paged.push(...body.items.map(({ id }) => id));
          cursor = body.next;
        }
        expect(paged).toEqual(whole);
        expect(new Set(paged).size).toBe(9);
      }
    },
  );

  it('shows no run twice and leaves none out when others are submitted meanwhile', async () => {
    const first = (await api.get<Page<Run>>('runs?experiment=grid&limit=4')).body;
    await api.submit({ ...logistic, name: 'grid' });
    const second = (await api.get<Page<Run>>(`runs?experiment=grid&limit=4&cursor=${first.next}`)).body;
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(8);
    expect(second.next).toBeNull();
  });
});

describe('the curves of a run', () => {
  it('come one series per key, ascending, and as many points as there are', async () => {
    const { token, runId } = await begun();
    await store.appendMetrics(token, [
      { key: 'train.loss', step: 2, value: 0.5, at: 2000 },
      { key: 'train.loss', step: 1, value: 1, at: 1000 },
      { key: 'validation.top1', step: 2, value: 0.25, at: 2500 },
    ]);
    const answer = await api.get<{ items: MetricSeries[] }>(`runs/${runId}/metrics`);
    expect(listOf(MetricSeriesSchema).parse(answer.body).items).toEqual([
      { key: 'train.loss', steps: [1, 2], values: [1, 0.5], times: [1000, 2000] },
      { key: 'validation.top1', steps: [2], values: [0.25], times: [2500] },
    ]);
    const one = await api.get<{ items: MetricSeries[] }>(`runs/${runId}/metrics?keys=validation.top1,unheard-of`);
    expect(one.body.items.map(({ key }) => key)).toEqual(['validation.top1']);
  });

  it('are thinned to what was asked for, with the first and last point and no spike lost', async () => {
    const { token, runId } = await begun();
    const spike = 3333;
    const points = Array.from({ length: 5000 }, (_, index) => ({
      key: 'train.loss',
      step: index,
      value: index === spike ? 99 : 1 / (index + 1),
      at: index,
    }));
    await store.appendMetrics(token, points);
    for (const maxPoints of [4, 50, 1000]) {
      const { body } = await api.get<{ items: MetricSeries[] }>(`runs/${runId}/metrics?maxPoints=${maxPoints}`);
      const [{ steps, values, times }] = body.items;
      expect(steps.length).toBeLessThanOrEqual(maxPoints);
      expect(steps.length).toBeGreaterThan(maxPoints / 2);
      expect([values.length, times.length]).toEqual([steps.length, steps.length]);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect([steps[0], steps.at(-1)]).toEqual([0, 4999]);
      expect(values).toContain(99);
    }
    expect(await api.get(`runs/${runId}/metrics?maxPoints=3`)).toMatchObject({ status: 422 });
  });
});

it('the log of a run comes in parts, ascending, each line once', async () => {
  const { token, runId } = await begun();
  const written = Array.from({ length: 25 }, (_, index) => ({
    level: 'info' as const,
    message: `line ${index}`,
    at: index,
  }));
  await store.appendLogs(token, written);
  const read: LogLine[] = [];
  for (let after: string | null = '0'; after !== null;) {
    const { body }: { body: Page<LogLine> } = await api.get(`runs/${runId}/logs?after=${after}&limit=10`);
    LogPageSchema.parse(body);
    read.push(...body.items);
    after = body.next;
  }
  expect(read.map(({ message }) => message)).toEqual(written.map(({ message }) => message));
  expect(read.map(({ seq }) => seq)).toEqual(written.map((_, index) => index + 1));
  expect(await api.get(`runs/${runId}/logs?after=25`)).toMatchObject({ body: { items: [], next: null } });
});

it('the report is there when the run has completed', async () => {
  const { token, runId } = await begun();
  expect(await api.get(`runs/${runId}/report`)).toMatchObject({ status: 404 });
  await store.finish(token, { type: 'completed', report: reportOf(0.75) });
  expect(await api.get(`runs/${runId}/report`)).toMatchObject({ status: 200, body: { test: { top1: 0.75 } } });
  expect(await detail(runId)).toMatchObject({ state: 'completed', bestMetric: { key: 'test.top1', value: 0.75 } });
});

describe('cancelling', () => {
  it('ends a run that is queued, and takes it out of the queue', async () => {
    const id = await submitted();
    const answer = await api.send<RunDetail>('POST', `runs/${id}/cancel`);
    expect(answer.status).toBe(200);
    expect(RunDetailSchema.strict().parse(answer.body)).toMatchObject({ state: 'cancelled', cancelRequested: false });
    await vi.waitFor(async () => {
      const rows = await database.query('SELECT run_id FROM outbox WHERE run_id = $1', [id]);
      expect(rows).toEqual([]);
    });
  });

  it('ends a run that waits for its teacher, and fails one that waits for a cancelled teacher', async () => {
    const teacher = await submitted({ ...transfer, name: 'teacher to cancel' });
    const first = await submitted(distillation('latest:teacher to cancel'));
    const second = await submitted(distillation('latest:teacher to cancel'));
    expect(await api.send('POST', `runs/${first}/cancel`)).toMatchObject({ body: { state: 'cancelled' } });
    expect(await api.send('POST', `runs/${teacher}/cancel`)).toMatchObject({ body: { state: 'cancelled' } });
    expect(await detail(second)).toMatchObject({ state: 'failed', failure: { class: 'user', field: 'teacher.run' } });
  });

  it('asks the worker of a run that is running, once', async () => {
    const { token, runId } = await begun();
    for (let again = 0; again < 2; again++) {
      expect(await api.send('POST', `runs/${runId}/cancel`)).toMatchObject({
        status: 200,
        body: { state: 'running', cancelRequested: true },
      });
    }
    expect(await store.heartbeat(token)).toEqual({ cancelRequested: true });
    await store.finish(token, { type: 'cancelled' });
    expect(await detail(runId)).toMatchObject({ state: 'cancelled', cancelRequested: false });
    expect(await api.send('POST', `runs/${runId}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  });

  it('is refused where the run has ended by itself', async () => {
    const { token, runId } = await begun();
    await store.finish(token, { type: 'completed' });
    expect(await api.send('POST', `runs/${runId}/cancel`)).toMatchObject({
      status: 409,
      body: { detail: `run ${runId} has completed already: there is nothing to cancel` },
    });
    expect(await api.send('POST', `runs/${missing}/cancel`)).toMatchObject({ status: 404 });
  });
});

describe('retrying', () => {
  it('queues another attempt at a run that failed or was cancelled', async () => {
    const { token, runId } = await begun();
    await store.finish(token, {
      type: 'failed',
      failure: { class: 'user', message: 'no such folder', remedy: 'make it' },
    });
    expect(await detail(runId)).toMatchObject({ state: 'failed', failure: { message: 'no such folder' } });
    expect(await api.send('POST', `runs/${runId}/retry`)).toMatchObject({
      status: 200,
      body: { state: 'queued', attempt: 1, failure: null },
    });
    const second = await beginRun(database, runId);
    expect(second.number).toBe(2);
    await store.finish(second.token, { type: 'completed' });
    const { body } = await api.get<{ items: unknown[] }>(`runs/${runId}/attempts`);
    expect(listOf(AttemptSchema).parse(body).items).toMatchObject([
      { number: 1, outcome: 'failed', failure: { message: 'no such folder' } },
      { number: 2, outcome: 'completed', failure: null },
    ]);
  });

  it('is refused in every other state, and says which', async () => {
    const queued = await submitted();
    const { runId: running } = await begun();
    const completed = await submitted();
    await completeRun(database, completed);
    for (const [id, state] of [
      [queued, 'queued'],
      [running, 'running'],
      [completed, 'completed'],
    ]) {
      expect(await api.send('POST', `runs/${id}/retry`)).toMatchObject({
        status: 409,
        body: { detail: `run ${id} is ${state}: only a run that failed or was cancelled can be retried` },
      });
    }
  });

  it('of a student is refused until its teacher has completed', async () => {
    const teacher = await submitted({ ...transfer, name: 'teacher to retry' });
    const student = await submitted(distillation('latest:teacher to retry'));
    await api.send('POST', `runs/${teacher}/cancel`);
    expect(await api.send('POST', `runs/${student}/retry`)).toMatchObject({ status: 409 });
    await api.send('POST', `runs/${teacher}/retry`);
    await completeRun(database, teacher);
    expect(await api.send('POST', `runs/${student}/retry`)).toMatchObject({ status: 200, body: { state: 'queued' } });
  });
});

it('many runs are cancelled or retried in one request, each answered for itself', async () => {
  const queued = await submitted();
  const completed = await submitted();
  await completeRun(database, completed);
  const { body } = await api.send<BulkResult>('POST', 'runs/bulk', {
    action: 'cancel',
    runs: [queued, completed, missing, queued],
  });
  expect(body.items).toEqual([
    { id: queued, ok: true },
    { id: completed, ok: false, message: expect.stringContaining('has completed already') },
    { id: missing, ok: false, message: `there is no run ${missing}` },
  ]);
  const retried = await api.send<BulkResult>('POST', 'runs/bulk', { action: 'retry', runs: [queued, completed] });
  expect(retried.body.items.map(({ ok }) => ok)).toEqual([true, false]);
  expect(await api.send('POST', 'runs/bulk', { action: 'stop', runs: ['x'] })).toMatchObject({ status: 422 });
});

describe('comparing', () => {
  it('shows the runs in the order asked for, and where their specs differ', async () => {
    const first = await submitted({ ...transfer, training: { epochs: 5 } });
    const second = await submitted({ ...transfer, training: { epochs: 9 }, seeds: [4] });
    const { body } = await api.get<Comparison>(`compare?runs=${second},${first}`);
    expect(ComparisonSchema.parse(body).runs.map(({ id }) => id)).toEqual([second, first]);
    expect(body.differences).toContainEqual({ path: 'training.epochs', values: [9, 5] });
    expect(body.differences.every(({ values }) => values.length === 2)).toBe(true);
    const paths = body.differences.map(({ path }) => path);
    expect(paths).not.toContain('training.batchSize');
  });

  it('takes ids repeated or separated by commas, and refuses what is no id or is not there', async () => {
    const id = await submitted();
    expect((await api.get<Comparison>(`compare?runs=${id}&runs=${id}`)).body.runs).toHaveLength(2);
    expect(await api.get(`compare?runs=${missing}`)).toMatchObject({ status: 404 });
    expect(await api.get('compare')).toMatchObject({ status: 422 });
    expect(await api.get('compare?runs=x')).toMatchObject({ status: 422 });
  });
});
