import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OperationalError, UserError } from '#contracts';
import { failureOf } from './failure-of.js';

const withCode = (code: string) => Object.assign(new Error(`${code}: it failed, write`), { code });

describe('failureOf', () => {
  it("keeps the field and the remedy of a person's mistake", () => {
    const error = new UserError('there is no folder /x', { field: 'dataset.path', remedy: 'name another' });
    expect(failureOf(error)).toEqual({
      class: 'user',
      message: 'there is no folder /x',
      field: 'dataset.path',
      remedy: 'name another',
    });
  });

  it('keeps the remedy of what the surroundings did', () => {
    const error = new OperationalError('the download failed', { remedy: 'try again' });
    expect(failureOf(error)).toMatchObject({ class: 'operational', remedy: 'try again' });
  });

  it.each(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EMFILE', 'ENOMEM', 'EIO', 'ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT'])(
    'knows %s as a failure of the surroundings, with something to do about it',
    (code) => {
      const failure = failureOf(withCode(code));
      expect(failure).toMatchObject({ class: 'operational', message: expect.stringContaining(code) as string });
      expect(failure.remedy).toMatch(/\w/);
    },
  );

  it('looks below the words of fetch for what was wrong with the network', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const error = await fetch(`http://127.0.0.1:${port}/`).catch((caught: unknown) => caught);
    expect(failureOf(error)).toMatchObject({ class: 'operational' });
  });

  it.runIf(process.platform === 'linux')('knows a full disk by the error of a real one', async () => {
    const handle = await open('/dev/full', 'w');
    const error = await handle.writeFile('x').catch((caught: unknown) => caught);
    await handle.close();
    expect(failureOf(error)).toMatchObject({
      class: 'operational',
      message: expect.stringContaining('No space is left') as string,
    });
  });

  it('does not take a missing file for a failure of the surroundings', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'failure-of-'));
    const error = await open(path.join(folder, 'missing')).catch((caught: unknown) => caught);
    await rm(folder, { recursive: true });
    expect(failureOf(error).class).toBe('bug');
  });

  it.each(['OOM when allocating tensor with shape[8192,32,32,64]', 'Array buffer allocation failed', 'std::bad_alloc'])(
    'knows that memory is out by %j',
    (message) => {
      expect(failureOf(new Error(message))).toMatchObject({
        class: 'operational',
        remedy: expect.stringContaining('batchSize') as string,
      });
    },
  );

  it('is a bug with its stack and that of its cause, where nothing else is known', () => {
    const failure = failureOf(new TypeError('x is not a function', { cause: new Error('below') }));
    expect(failure.class).toBe('bug');
    expect(failure.stack).toMatch(/x is not a function[^]*failure-of\.spec[^]*caused by Error: below/);
  });

  it('survives an error that is its own cause, and what is no error at all', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(failureOf(error).class).toBe('bug');
    expect(failureOf('a word')).toMatchObject({ class: 'bug', message: 'a word' });
  });
});
