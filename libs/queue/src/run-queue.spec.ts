import { Redis } from 'ioredis';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms, createTestDatabase, testRedisUrl } from '../../../test/services/test-services.js';
import { createRunConsumer } from './run-consumer.js';
import { createRunPublisher } from './run-publisher.js';
import { QueueUnavailableError } from './queue-unavailable-error.js';
import { runQueueContract } from './run-queue.contract.js';

const redisUrl = await testRedisUrl();
beforeAll(() => buildPrograms());

runQueueContract('Postgres', async () => {
  const { url, drop } = await createTestDatabase();
  return {
    queueUrl: url,
    remove: drop,
    async wipe() {
      const client = new pg.Client(url);
      await client.connect();
      await client.query('TRUNCATE bullmq.job CASCADE');
      await client.end();
    },
    async disconnectAll() {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      await client.end();
    },
  };
});

if (redisUrl === undefined) describe.skip('a run queue in Redis', () => it('needs a Redis', () => undefined));
else {
  runQueueContract('Redis', async () => {
    const queueUrl = (await testRedisUrl()) ?? redisUrl;
    const prefix = new URL(queueUrl).searchParams.get('prefix')!;
    const removeKeys = async () => {
      const client = new Redis(queueUrl);
      const keys = await client.keys(`${prefix}:*`);
      if (keys.length > 0) await client.del(keys);
      client.disconnect();
    };
    const disconnectAll = async () => {
      const client = new Redis(queueUrl);
      // Only those of this queue: other spec files share the server.
      const clients = String(await client.call('CLIENT', 'LIST')).split('\n');
      for (const line of clients.filter((entry) => entry.includes(prefix))) {
        await client.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(line)![1]);
      }
      client.disconnect();
    };
    return { queueUrl, wipe: removeKeys, remove: removeKeys, disconnectAll };
  });
}

describe('a queue that cannot be reached', () => {
  it.each(['redis://:hunter2@127.0.0.1:1', 'postgres://ana:hunter2@127.0.0.1:1/lab'])(
    'at %s is one error of ours with a remedy, and shows no password',
    async (queueUrl) => {
      const options = { concurrency: 1, leaseMs: 1000, handle: () => Promise.resolve(), onError: () => undefined };
      for (const open of [() => createRunPublisher({ queueUrl }), () => createRunConsumer({ queueUrl }, options)]) {
        const error: unknown = await open().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(QueueUnavailableError);
        expect(error).toMatchObject({ remedy: expect.stringContaining('QUEUE_URL') });
        expect((error as Error).message).toMatch(/^(?!.*hunter2).*ECONNREFUSED/);
      }
    },
  );
});
