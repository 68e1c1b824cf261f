import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExperimentSchema, pageOf, RunDetailSchema, type Experiment, type Page } from '#contracts';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { completeRun } from '../../../../test/database.js';
import { distillation, logistic, transfer } from '../../../../test/specs.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

describe('submitting', () => {
  it('makes an experiment and its runs, in the form of the contract, and queues them', async () => {
    const answer = await api.send<Experiment>('POST', 'experiments', logistic);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/experiments/${answer.body.id}`);
    const experiment = ExperimentSchema.strict().parse(answer.body);
    expect(experiment).toMatchObject({ name: 'logistic-cifar10', project: 'default', scheduleId: null });
    expect(experiment.runs).toEqual([{ id: expect.any(String), seed: 0, point: {}, state: 'queued' }]);
    expect((await api.get(`experiments/${experiment.id}`)).body).toEqual(experiment);
    const run = await api.get(`runs/${experiment.runs[0].id}`);
    expect(RunDetailSchema.strict().parse(run.body)).toMatchObject({ state: 'queued', attempt: 0, model: 'logistic' });
    // The outbox is emptied into the queue.
    await vi.waitFor(async () => {
      const { body } = await api.get<{ items: { waiting: number }[] }>('queues');
      expect(body.items[0].waiting).toBeGreaterThan(0);
      expect(await api.database.database.query('SELECT run_id FROM outbox')).toEqual([]);
    });
  });

  it('takes YAML as well', async () => {
    const yaml =
      'name: from yaml # as people write it\npipeline: logistic\ndataset: { name: mnist }\nteacher: { path: /m }';
    const answer = await api.send<Experiment>('POST', 'experiments', yaml, { 'content-type': 'application/yaml' });
    expect(answer).toMatchObject({ status: 201, body: { name: 'from yaml', spec: { dataset: { name: 'mnist' } } } });
  });

  it('makes a run of each seed at each point of the matrix', async () => {
    const { runs } = await api.submit({
      ...transfer,
      seeds: [3, 5],
      matrix: { 'training.epochs': [1, 2], 'training.batchSize': [32, 64, 128] },
    });
    expect(runs).toHaveLength(12);
    const points = runs.map(({ seed, point }) => `${seed} ${JSON.stringify(point)}`);
    expect(new Set(points).size).toBe(12);
    const last = runs.at(-1)!;
    const { body } = await api.get<{ spec: { training: { epochs: number; batchSize: number } } }>(`runs/${last.id}`);
    expect(body.spec.training).toMatchObject({ epochs: 2, batchSize: 128 });
  });

  it('lets a student wait for the run that it names, and queues it when that completes', async () => {
    const teacher = (await api.submit({ ...transfer, name: 'the teacher' })).runs[0];
    const student = (await api.submit(distillation('latest:the teacher'))).runs[0];
    expect(student.state).toBe('waiting');
    expect(await api.get(`runs/${student.id}`)).toMatchObject({ body: { teacherRunId: teacher.id } });
    await completeRun(api.database.database, teacher.id);
    expect(await api.get(`runs/${student.id}`)).toMatchObject({ body: { state: 'queued' } });
  });
});

describe('an Idempotency-Key', () => {
  const keyed = (key: string, spec: unknown = logistic) =>
    api.send<Experiment>('POST', 'experiments', spec, { 'idempotency-key': key });

  it('submits once, however often it is sent', async () => {
    const first = await keyed('once');
    expect(first.status).toBe(201);
    expect(await keyed('once')).toMatchObject({ status: 200, body: { id: first.body.id } });
  });

  it('submits once where equal ones are sent at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed('race', { ...logistic, name: 'race' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const rows = await api.database.database.query(`SELECT id FROM runs WHERE experiment_name = 'race'`);
    expect(rows).toHaveLength(1);
  });

  it('of another spec is refused', async () => {
    await keyed('taken');
    expect(await keyed('taken', { ...logistic, name: 'another' })).toMatchObject({ status: 409 });
  });

  it('must be something that a header can hold', async () => {
    expect(await keyed('with space')).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
    expect(await keyed('x'.repeat(201))).toMatchObject({ status: 422 });
  });
});

it('experiments are listed newest first, page by page, each once', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  do {
    const { body }: { body: Page<Experiment> } = await api.get(
      `experiments?limit=3&cursor=${cursor}`.replace(/&cursor=$/, ''),
    );
    pageOf(ExperimentSchema).parse(body);
    seen.push(...body.items.map(({ id }) => id));
    cursor = body.next;
  } while (cursor !== null);
  const all = await api.database.database.query<{ id: string }>(
    'SELECT id FROM experiments ORDER BY created_at DESC, id DESC',
  );
  expect(seen).toEqual(all.map(({ id }) => id));
  expect(seen.length).toBeGreaterThan(3);
  expect(await api.get('experiments?project=nobodys')).toMatchObject({ body: { items: [], next: null } });
});
