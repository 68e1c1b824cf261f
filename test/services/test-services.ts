import pg from 'pg';
import { inject } from 'vitest';
import type { ServiceName } from './global-setup.js';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A fresh, empty Postgres database of the caller's own; drop it when done. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const answer = await ask('postgres');
  if ('reason' in answer) throw new Error(`There is no Postgres to test with: ${answer.reason}`);
  const { url } = answer;
  return { url, drop: () => dropDatabase(url) };
}

async function dropDatabase(url: string): Promise<void> {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

/**
 * A QUEUE_URL of a real Redis with a key prefix of the caller's own, or undefined where none can be had: skip then with
 * `describe.skipIf(url === undefined)`. Call it at the top level of a spec file: to install a service can take minutes.
 */
export function testRedisUrl(): Promise<string | undefined> {
  return urlOf('redis');
}

/** An ARTIFACTS_URL of a real S3 store with a bucket of the caller's own; undefined and to be called as testRedisUrl. */
export function testS3Url(): Promise<string | undefined> {
  return urlOf('s3');
}

/** The program of a Chromium or Chrome; undefined and to be called as testRedisUrl. */
export function testChromium(): Promise<string | undefined> {
  return urlOf('chromium');
}

/** The folder of the installed TensorFlow engine, which is installed if need be; undefined and to be called as testRedisUrl. */
export function testTensorflow(): Promise<string | undefined> {
  return urlOf('tensorflow');
}

/** The folder of the real Fashion-MNIST; undefined and to be called as testRedisUrl. */
export function testFashionMnist(): Promise<string | undefined> {
  return urlOf('fashion-mnist');
}

/** A Python that has PyTorch and torchvision; undefined and to be called as testRedisUrl. */
export function testPytorch(): Promise<string | undefined> {
  return urlOf('pytorch');
}

/** Builds apps and libs into dist/, once per run of the tests, for specs that start them as processes of their own. */
export async function buildPrograms(): Promise<void> {
  const answer = await ask('programs');
  if ('reason' in answer) throw new Error(answer.reason);
}

async function urlOf(name: ServiceName): Promise<string | undefined> {
  const answer = await ask(name);
  if ('url' in answer) return answer.url;
  if (process.env.CI === 'true') throw new Error(`With CI=true every service must be there: ${answer.reason}`);
  return undefined;
}

async function ask(name: ServiceName): Promise<{ url: string } | { reason: string }> {
  const response = await fetch(`${inject('testServices')}/${name}`);
  return (await response.json()) as { url: string } | { reason: string };
}
