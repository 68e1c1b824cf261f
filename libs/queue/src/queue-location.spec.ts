import { describe, expect, it } from 'vitest';
import { parseQueueUrl } from './queue-location.js';

describe('parseQueueUrl', () => {
  it('reads every part of a Redis address', () => {
    expect(parseQueueUrl('rediss://ana:p%40ss@cache:6380/3?prefix=lab')).toEqual({
      kind: 'redis',
      host: 'cache',
      port: 6380,
      username: 'ana',
      password: 'p@ss',
      database: 3,
      tls: true,
      prefix: 'lab',
    });
  });

  it('has defaults for what a Redis address leaves out', () => {
    expect(parseQueueUrl('redis://[::1]')).toMatchObject({
      host: '::1',
      port: 6379,
      database: 0,
      prefix: 'distillery',
    });
  });

  it('passes a Postgres address on', () => {
    const connectionString = 'postgres://ana@db/lab';
    expect(parseQueueUrl(connectionString)).toEqual({ kind: 'postgres', connectionString });
  });

  it('refuses another scheme and a database that is not a number, without showing credentials', () => {
    expect(() => parseQueueUrl('amqp://ana:hunter2@mq')).toThrow(/^(?!.*hunter2).*redis:\/\//);
    expect(() => parseQueueUrl('redis://:hunter2@cache/jobs')).toThrow(/^(?!.*hunter2).*number of a database/);
  });
});
