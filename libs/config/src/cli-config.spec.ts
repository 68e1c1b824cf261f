import { describe, expect, it } from 'vitest';
import { environmentWith, loadCliConfig } from './cli-config.js';
import { ConfigError } from './config.js';

describe('loadCliConfig', () => {
  it('needs nothing to be set', () => {
    expect(loadCliConfig({})).toMatchObject({
      serverUrl: undefined,
      databaseUrl: undefined,
      port: undefined,
      threads: 0,
    });
  });

  it('reads the server, the token and the services that replace embedded ones', () => {
    const env = { DISTILLERY_URL: 'https://d.example', DISTILLERY_TOKEN: 't', QUEUE_URL: 'redis://q', PORT: '4000' };
    expect(loadCliConfig(env)).toMatchObject({
      serverUrl: 'https://d.example',
      token: 't',
      queueUrl: 'redis://q',
      port: 4000,
    });
  });

  it('lists every problem at once', () => {
    const env = { DISTILLERY_URL: 'd.example', DATABASE_URL: 'mysql://x', PORT: 'many' };
    expect(() => loadCliConfig(env)).toThrow(ConfigError);
    expect(() => loadCliConfig(env)).toThrow(/DISTILLERY_URL[^]*DATABASE_URL[^]*PORT|DATABASE_URL[^]*PORT/);
  });
});

describe('environmentWith', () => {
  it('adds, replaces and removes', () => {
    expect(environmentWith({ A: '1', B: undefined, C: '3' }, { B: 'b', C: 'c', D: 'd' })).toEqual({
      A: '1',
      C: '3',
      D: 'd',
    });
  });
});
