import { describe, it } from 'vitest';
import { testRedisUrl } from '../../services/test-services.js';
import { workerContract } from './worker.contract.js';

const redisUrl = await testRedisUrl();

if (redisUrl === undefined) describe.skip('a worker over a queue in Redis', () => it('needs a Redis', () => undefined));
else workerContract('Redis', async () => ({ queueUrl: (await testRedisUrl()) ?? redisUrl }));
