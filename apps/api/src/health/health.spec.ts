import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HealthSchema, type Experiment, type Health } from '#contracts';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { openTestDatabase, type OpenDatabase } from '../../../../test/database.js';
import { testRedisUrl } from '../../../../test/services/test-services.js';
import { severable, type Severable } from '../../../../test/severable.js';
import { logistic } from '../../../../test/specs.js';

const redisUrl = await testRedisUrl();

async function ready(api: TestApi): Promise<{ status: number; health: Health }> {
  const response = await fetch(`${api.url}/health/ready`);
  return { status: response.status, health: HealthSchema.strict().parse(await response.json()) };
}

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 50 });

const queues: { over: string; url?: string }[] = [{ over: 'Postgres' }];
if (redisUrl !== undefined) queues.push({ over: 'Redis', url: redisUrl });

describe.each(queues)('while a queue over $over is away', ({ url: queueUrl }) => {
  let database: OpenDatabase;
  let way: Severable;
  let api: TestApi;
  beforeAll(async () => {
    database = await openTestDatabase();
    way = await severable(queueUrl ?? database.url);
    api = await startTestApi({ database, env: { QUEUE_URL: way.url } });
  });
  afterAll(async () => {
    await api.close();
    await way.sever();
    await database.close();
  });

  it('the api lives and takes submissions, says that it is not ready, and publishes when the queue is back', async () => {
    expect(await ready(api)).toEqual({
      status: 200,
      health: { status: 'ok', checks: { database: 'ok', queue: 'ok', artifacts: 'ok' } },
    });
    await way.sever();
    await eventually(async () =>
      expect(await ready(api)).toEqual({
        status: 503,
        health: { status: 'unavailable', checks: { database: 'ok', queue: 'unavailable', artifacts: 'ok' } },
      }),
    );
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    const answer = await api.send<Experiment>('POST', 'experiments', logistic);
    expect(answer).toMatchObject({ status: 201, body: { runs: [{ state: 'queued' }] } });
    expect(await api.get('queues')).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('the queue') },
    });
    const inOutbox = () => database.database.query('SELECT run_id FROM outbox');
    expect(await inOutbox()).toHaveLength(1);
    await way.restore();
    await eventually(async () => expect(await inOutbox()).toEqual([]));
    await eventually(async () => {
      expect((await ready(api)).status).toBe(200);
      expect(await api.get('queues')).toMatchObject({ status: 200, body: { items: [{ waiting: 1 }] } });
    });
  });
});

it('while the database is away, requests are refused for a while, and answered again when it is back', async () => {
  const database = await openTestDatabase();
  const way = await severable(database.url);
  const api = await startTestApi({ database: { ...database, url: way.url }, env: { QUEUE_URL: database.url } });
  try {
    await way.sever();
    const answer = await api.get('runs');
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:distillery:problem:unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await ready(api)).toMatchObject({
      status: 503,
      health: { checks: { database: 'unavailable', queue: 'ok' } },
    });
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    await way.restore();
    await eventually(async () => expect((await api.get('runs')).status).toBe(200));
    // Notifications are heard again, too: the outbox is emptied long before the next look in any case.
    await api.submit();
    await eventually(async () => expect(await database.database.query('SELECT run_id FROM outbox')).toEqual([]));
  } finally {
    await api.close();
    await way.sever();
    await database.close();
  }
});

it('an artifact store that cannot be written to is not ready', async () => {
  const file = path.join(os.tmpdir(), `distillery-not-a-folder-${process.pid}`);
  await writeFile(file, '');
  const api = await startTestApi({ env: { ARTIFACTS_URL: pathToFileURL(path.join(file, 'artifacts')).href } });
  try {
    expect(await ready(api)).toMatchObject({ status: 503, health: { checks: { artifacts: 'unavailable' } } });
  } finally {
    await api.close();
    await rm(file);
  }
});
