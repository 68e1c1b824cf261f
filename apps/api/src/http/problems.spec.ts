import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemSchema, type Problem } from '#contracts';
import { fieldsOf, startTestApi, type Answer, type TestApi } from '../../../../test/api.js';
import { logistic, transfer } from '../../../../test/specs.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** Every refusal has this form and tells nothing of the inside. */
function expectProblem(answer: Answer, status: number): Problem {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const problem = ProblemSchema.strict().parse(answer.body);
  expect(problem.status).toBe(status);
  expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.[jt]s:\d|node_modules|SELECT|postgres:/);
  return problem;
}

const submit = (body: unknown, headers?: Record<string, string>) => api.send('POST', 'experiments', body, headers);
const json = { 'content-type': 'application/json' };

describe('a spec that is refused', () => {
  it('is told the nearest legal key of each unknown one', async () => {
    const answer = await submit({ ...transfer, trainig: {}, dataset: { name: 'cifar10', trian: 500 } });
    expect(expectProblem(answer, 422).type).toBe('urn:distillery:problem:invalid');
    expect(fieldsOf(answer)).toEqual({
      trainig: 'unknown key; did you mean "training"?',
      'dataset.trian': 'unknown key; did you mean "train"?',
    });
  });

  it('is told all wrong types at once', async () => {
    const answer = await submit({
      ...transfer,
      name: 5,
      image: { size: 'big' },
      training: { epochs: 0.5, batchSize: '64', optimizer: { learningRate: null } },
      seeds: 'all',
    });
    expectProblem(answer, 422);
    expect(Object.keys(fieldsOf(answer)).sort()).toEqual([
      'image.size',
      'name',
      'seeds',
      'training.batchSize',
      'training.epochs',
      'training.optimizer.learningRate',
    ]);
  });

  it.each([
    ['nothing', undefined, 415],
    ['a list', [], 422],
    ['null', 'null', 422],
    ['a number', '5', 422],
    ['JSON that ends too early', '{"name": ', 400],
  ])('may be %s', async (_, body, status) => {
    expectProblem(await submit(body, typeof body === 'string' ? json : {}), status);
  });

  it('of two megabytes is too large, whatever its media type', async () => {
    const text = JSON.stringify({ ...logistic, name: 'x'.repeat(2_000_000) });
    for (const type of ['application/json', 'application/yaml']) {
      const answer = await submit(text, { 'content-type': type });
      expect(expectProblem(answer, 413).detail).toMatch(/at most 65536 bytes \(64 KiB\)/);
    }
  });

  it('of another media type is told which there are', async () => {
    const answer = await submit('<spec/>', { 'content-type': 'application/xml' });
    expect(expectProblem(answer, 415).detail).toBe(
      `the body's media type application/xml is not understood: send application/json or application/yaml`,
    );
  });

  it('in YAML is told the line and column of each mistake', async () => {
    const yaml = 'name: a\npipeline: logistic\ndataset: { name: cifar10 }\nteacher: { path: /m }\nimage:\n  sise: 32\n';
    const answer = await submit(yaml, { 'content-type': 'application/yaml' });
    const { errors } = expectProblem(answer, 422);
    expect(errors).toContainEqual({
      path: 'image.sise',
      message: 'unknown key; did you mean "size"?',
      line: 6,
      column: 3,
    });
    const broken = expectProblem(await submit('a: [1\nb', { 'content-type': 'application/yaml' }), 400);
    expect(broken.errors?.[0]).toMatchObject({ path: '', line: expect.any(Number) });
  });

  it('of a project or teacher that is not there names the field', async () => {
    expect(fieldsOf(await submit({ ...logistic, project: 'defualt' }))).toEqual({
      project: 'there is no project named "defualt"; did you mean "default"?',
    });
    expect(fieldsOf(await submit({ ...logistic, teacher: { run: 'latest:unheard-of' } }))).toEqual({
      'teacher.run': 'project "default" has no experiment named "unheard-of": submit it first',
    });
  });
});

describe('a request that is refused', () => {
  it.each(['nothing-here', 'runs/x/y/z', '..%2f..%2fetc'])('because there is no %s', async (path) => {
    expect(expectProblem(await api.get(path), 404).type).toBe('urn:distillery:problem:not-found');
  });

  it('because of its method', async () => {
    expectProblem(await api.send('DELETE', 'runs'), 404);
  });

  it.each(['runs/not-a-uuid', 'runs/00000000-0000-0000-0000-00000000000g/logs', "experiments/1'; DROP TABLE runs"])(
    'because %s is no id of anything',
    async (path) => {
      expectProblem(await api.get(path), 404);
    },
  );

  it.each([
    'runs?cursor=abc',
    `runs?cursor=${Buffer.from('["x","y","z"]').toString('base64url')}`,
    'experiments?cursor=%00',
  ])('because %s is no cursor', async (path) => {
    const answer = await api.get(path);
    expectProblem(answer, 422);
    expect(fieldsOf(answer)).toEqual({ cursor: 'is not a cursor of this listing: begin again without one' });
  });

  it('because of its query, field by field', async () => {
    const answer = await api.get('runs?limt=5&order=up&limit=0&state=done');
    expectProblem(answer, 422);
    expect(Object.keys(fieldsOf(answer)).sort()).toEqual(['limit', 'limt', 'order', 'state']);
    expect(fieldsOf(answer).limt).toBe('unknown key; did you mean "limit"?');
  });

  it('because its path encodes nothing', async () => {
    expectProblem(await api.get('runs/%zz'), 400);
  });

  const run = '01930000-0000-7000-8000-000000000000';
  it.each([
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '..%252f..%252fetc%252fpasswd',
    '..%5c..%5cwindows',
    'model%2f..%2f..%2fsecret',
    '%00',
    '.hidden',
    'a%2f%2fb',
    `${'a'.repeat(201)}`,
  ])('because %s is no name of an artifact', async (name) => {
    // fetch() would tidy the dots away before they are sent.
    const status = await rawStatus(`/api/v1/runs/${run}/artifacts/${name}`);
    expect([404, 422]).toContain(status);
    if (name.includes('%')) expect(status).toBe(422);
  });

  it('because it comes from a page of another site', async () => {
    expectProblem(await submit(logistic, { origin: 'https://evil.example' }), 403);
    expectProblem(await submit(logistic, { origin: 'null' }), 403);
    expectProblem(await submit(logistic, { 'sec-fetch-site': 'cross-site' }), 403);
    expect((await submit(logistic, { origin: api.url })).status).toBe(201);
  });

  it('because it asks for another host: a name that was made to point here', async () => {
    expect(await rawStatus('/api/v1/runs', { host: 'evil.example' })).toBe(421);
    expect(await rawStatus('/api/v1/runs', { host: 'localhost:1234' })).toBe(200);
    expect(await rawStatus('/api/v1/runs', { host: '[::1]:3000' })).toBe(200);
  });
});

it('a defect of ours is logged with its stack, and leaves as 500 without a word of it', async () => {
  await api.database.database.query('ALTER TABLE schedules RENAME TO schedules_away');
  try {
    const problem = expectProblem(await api.get('schedules'), 500);
    expect(problem).toEqual({
      type: 'urn:distillery:problem:internal',
      title: 'Internal Server Error',
      status: 500,
      instance: '/api/v1/schedules',
    });
    expect(api.lines.join('')).toMatch(/GET \/api\/v1\/schedules failed.*schedules.*does not exist/);
  } finally {
    await api.database.database.query('ALTER TABLE schedules_away RENAME TO schedules');
  }
});

function rawStatus(path: string, headers: Record<string, string> = {}): Promise<number> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}
