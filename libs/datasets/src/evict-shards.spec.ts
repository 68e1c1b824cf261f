import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evictShards, markUsed } from './evict-shards.js';

describe('evictShards', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'distillery-evict-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  /** A shard of 100 bytes, last used at `second`. */
  async function shard(name: string, second: number): Promise<string> {
    const folder = join(parent, name);
    await mkdir(folder);
    await writeFile(join(folder, 'pixels.bin'), Buffer.alloc(90));
    await writeFile(join(folder, 'index.json'), Buffer.alloc(10));
    await markUsed(folder, new Date(second * 1000));
    return folder;
  }

  it('removes those not used for longest until the rest fits', async () => {
    const oldest = await shard('a1', 100);
    await shard('b2', 400);
    await shard('c3', 200);
    const newest = await shard('d4', 300);
    await markUsed(oldest, new Date(500_000));
    await evictShards(parent, newest, 250);
    expect((await readdir(parent)).sort()).toEqual(['a1', 'd4']);
  });

  it('removes nothing while all fits, and never the one in use', async () => {
    const keep = await shard('a1', 100);
    await shard('b2', 200);
    await evictShards(parent, keep, 200);
    expect((await readdir(parent)).sort()).toEqual(['a1', 'b2']);
    await evictShards(parent, keep, 0);
    expect(await readdir(parent)).toEqual(['a1']);
  });

  it('leaves alone what is no shard: locks, and what others are building', async () => {
    const keep = await shard('a1', 100);
    await shard('b2.0f.work', 50);
    await writeFile(join(parent, 'c3.lock'), '');
    await evictShards(parent, keep, 0);
    expect((await readdir(parent)).sort()).toEqual(['a1', 'b2.0f.work', 'c3.lock']);
  });

  it('serves several that evict at once', async () => {
    const keep = await shard('ff', 900);
    for (let i = 0; i < 9; i++) await shard(`a${i}`, i + 1);
    await Promise.all([1, 2, 3].map(() => evictShards(parent, keep, 100)));
    expect(await readdir(parent)).toEqual(['ff']);
  });
});
