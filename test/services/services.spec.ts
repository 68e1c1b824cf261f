import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase, testRedisUrl, testS3Url } from './test-services.js';

const redisUrl = await testRedisUrl();
const s3Url = await testS3Url();

describe('the test services', () => {
  it('give each caller a database of its own', async () => {
    const [one, two] = [await createTestDatabase(), await createTestDatabase()];
    expect(one.url).not.toBe(two.url);
    const client = new pg.Client(one.url);
    await client.connect();
    await client.query('CREATE TABLE mine (id int)');
    await client.end();
    await one.drop();
    await two.drop();
    await expect(new pg.Client(one.url).connect()).rejects.toThrow(/does not exist/);
  });

  it.skipIf(redisUrl === undefined)('give a real Redis', async () => {
    const client = new Redis(redisUrl!);
    afterAll(() => client.disconnect());
    expect(await client.ping()).toBe('PONG');
    expect(redisUrl).not.toBe(await testRedisUrl());
  });

  it.skipIf(s3Url === undefined)('give a bucket of its own', async () => {
    expect(s3Url).toMatch(/^s3:\/\/.*\/distillery-test-/);
    expect(s3Url).not.toBe(await testS3Url());
  });
});
