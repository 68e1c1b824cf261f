import { mkdtemp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperationalError } from '#contracts';
import { buildOnce } from './build-once.js';

describe('buildOnce', () => {
  let cache: string;
  const { signal } = new AbortController();
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'build-once-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('builds once for all who ask at the same time, and leaves nothing else behind', async () => {
    let builds = 0;
    const build = async (work: string): Promise<void> => {
      builds++;
      await writeFile(join(work, 'a'), 'whole');
    };
    await Promise.all(Array.from({ length: 5 }, () => buildOnce(join(cache, 'x'), build, signal)));
    await buildOnce(join(cache, 'x'), build, signal);
    expect(builds).toBe(1);
    expect(await readFile(join(cache, 'x', 'a'), 'utf8')).toBe('whole');
    expect(await readdir(cache)).toEqual(['x']);
  });

  it('leaves nothing of a build that failed, and tries again', async () => {
    const failing = async (work: string): Promise<void> => {
      await writeFile(join(work, 'a'), 'half');
      throw new Error('no more');
    };
    await expect(buildOnce(join(cache, 'x'), failing, signal)).rejects.toThrow('no more');
    expect(await readdir(cache)).toEqual([]);
    await buildOnce(join(cache, 'x'), async (work) => writeFile(join(work, 'a'), 'whole'), signal);
    expect(await readdir(cache)).toEqual(['x']);
  });

  it('throws the reason of an abort and leaves nothing', async () => {
    const abort = new AbortController();
    const build = async (): Promise<void> => abort.abort(new Error('cancelled'));
    await expect(buildOnce(join(cache, 'x'), build, abort.signal)).rejects.toThrow('cancelled');
    expect(await readdir(cache)).toEqual([]);
  });

  it('clears away what a killed process left a day ago, and nothing younger', async () => {
    await mkdir(join(cache, 'x.old.work'));
    await mkdir(join(cache, 'x.young.work'));
    const dayAgo = new Date(Date.now() - 25 * 3600_000);
    await utimes(join(cache, 'x.old.work'), dayAgo, dayAgo);
    await buildOnce(join(cache, 'x'), async () => {}, signal);
    expect((await readdir(cache)).sort()).toEqual(['x', 'x.young.work']);
  });

  it('tells a full disk and a cache that is a file from a bug', async () => {
    const full = async (): Promise<void> => {
      throw Object.assign(new Error('write'), { code: 'ENOSPC' });
    };
    await expect(buildOnce(join(cache, 'x'), full, signal)).rejects.toThrow(/the disk is full/);
    await writeFile(join(cache, 'file'), '');
    const inFile = buildOnce(join(cache, 'file', 'x', 'y'), async () => {}, signal);
    await expect(inFile).rejects.toBeInstanceOf(OperationalError);
  });
});
