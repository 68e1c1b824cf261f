import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, ENVIRONMENT, isLoopback, loadConfig } from './config.js';

const minimal = { DATABASE_URL: 'postgres://ana:hunter2@db/lab', ARTIFACTS_URL: 'file:///data/artifacts' };

function problemsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.problems.map((p) => [p.variable, p.message]));
    throw error;
  }
  return {};
}

describe('loadConfig', () => {
  it('needs a database and a place for artifacts, and has a default for the rest', () => {
    expect(loadConfig(minimal)).toMatchObject({
      databaseUrl: minimal.DATABASE_URL,
      queueUrl: minimal.DATABASE_URL,
      artifacts: { kind: 'files', folder: '/data/artifacts' },
      host: '127.0.0.1',
      port: 3000,
      publicOrigin: 'http://127.0.0.1:3000',
      token: undefined,
      logLevel: 'info',
      worker: { name: os.hostname(), slots: undefined, threads: undefined, engine: 'auto', leaseMs: 30_000 },
    });
  });

  it('lists every problem in one message', () => {
    const env = { DATABASE_URL: 'mysql://db/lab', PORT: '70000', DISTILLERY_ENGINE: 'torch', QUEUE_URL: 'amqp://q' };
    expect(() => loadConfig(env)).toThrow(ConfigError);
    expect(problemsOf(env)).toEqual({
      DATABASE_URL: 'must be a URL that begins with postgres:// or postgresql://',
      QUEUE_URL: expect.stringContaining('redis://'),
      ARTIFACTS_URL: expect.stringContaining('is missing'),
      PORT: 'must be a whole number from 0 to 65535',
      DISTILLERY_ENGINE: 'must be one of auto, tensorflow, wasm, cpu',
    });
    expect(() => loadConfig(env)).toThrow(/5 problems(.|\n)*DATABASE_URL(.|\n)*DISTILLERY_ENGINE/);
  });

  it('counts an empty variable as not set', () => {
    expect(loadConfig({ ...minimal, PORT: '', QUEUE_URL: '', DISTILLERY_TOKEN: '' })).toMatchObject({
      port: 3000,
      queueUrl: minimal.DATABASE_URL,
    });
    expect(problemsOf({ ...minimal, DATABASE_URL: '' })).toEqual({ DATABASE_URL: expect.stringContaining('missing') });
  });

  it('takes the keys of S3 from variables of their own', () => {
    const env = { ...minimal, ARTIFACTS_URL: 's3://store:9000/lab', S3_ACCESS_KEY: 'AK', S3_SECRET_KEY: 'SK' };
    expect(loadConfig(env).artifacts).toMatchObject({ kind: 's3', accessKey: 'AK', secretKey: 'SK' });
  });

  it('refuses to listen beyond loopback without a token', () => {
    expect(problemsOf({ ...minimal, HOST: '0.0.0.0' })).toEqual({
      HOST: expect.stringContaining('set DISTILLERY_TOKEN'),
    });
    expect(problemsOf({ ...minimal, HOST: '0.0.0.0', DISTILLERY_TOKEN: 'a'.repeat(32) })).toEqual({});
  });

  it('writes an IPv6 host into the origin in brackets, and takes an origin without a path only', () => {
    expect(loadConfig({ ...minimal, HOST: '::1' }).publicOrigin).toBe('http://[::1]:3000');
    expect(loadConfig({ ...minimal, PUBLIC_ORIGIN: 'https://lab.example.org/' }).publicOrigin).toBe(
      'https://lab.example.org',
    );
    expect(problemsOf({ ...minimal, PUBLIC_ORIGIN: 'https://lab.example.org/x' })).toHaveProperty('PUBLIC_ORIGIN');
  });

  it('never shows a secret in its message', () => {
    const env = {
      DATABASE_URL: 'postgrs://ana:hunter2@db/lab',
      QUEUE_URL: 'redi://:hunter2@cache',
      ARTIFACTS_URL: 's3://K:hunter2@store:port/lab',
      DISTILLERY_TOKEN: 'hunter2',
      S3_SECRET_KEY: 'hunter2',
    };
    expect(Object.keys(problemsOf(env))).toHaveLength(4);
    expect(() => loadConfig(env)).not.toThrow(/hunter2/);
  });
});

describe('.env.example', () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  const [programs, compose] = readFileSync(path.join(root, '.env.example'), 'utf8').split(/^# --- docker compose.*$/m);
  const named = (text: string) => [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);

  it('describes exactly the variables that are read', () => {
    expect(named(programs).sort()).toEqual(Object.keys(ENVIRONMENT).sort());
  });

  it('describes exactly the variables that docker-compose.yml reads beside them', () => {
    const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
    const read = new Set([...text.matchAll(/\$\{([A-Z][A-Z0-9_]+)/g)].map((match) => match[1]));
    expect(named(compose).sort()).toEqual([...read].filter((name) => !Object.hasOwn(ENVIRONMENT, name)).sort());
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example.org', false],
  ])('of %s is %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
});
