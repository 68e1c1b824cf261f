import { appendFile, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashPixels } from './fit.js';
import { openShard, type Shard } from './shard.js';
import { shardSplit } from './shard-split.js';
import type { Source } from './source.js';

describe('openShard', () => {
  let cacheFolder: string;
  let decoded: number;
  const { signal } = new AbortController();
  const target = { size: 2, resize: 'squash' } as const;
  beforeEach(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'shard-'));
    decoded = 0;
  });
  afterEach(() => rm(cacheFolder, { recursive: true }));

  /** Image i is `size × size` pixels of value i; file 3 can't be read. */
  function source(extra: Partial<Source> = {}): Source {
    return {
      name: 'numbers',
      key: 'k',
      classes: ['a', 'b'],
      count: 10,
      async *images({ size }) {
        for (let i = 0; i < 10; i++) {
          decoded++;
          if (i === 3) yield { file: '3.png', reason: 'broken' };
          const pixels = new Uint8Array(size * size * 3).fill(i);
          const hash = hashPixels({ width: 1, height: 1, pixels: pixels.subarray(0, 3) });
          if (i !== 3) yield { origin: i < 8 ? 'train' : 'test', label: i % 2, hash, pixels };
        }
      },
      ...extra,
    };
  }
  async function pixelsOf(shard: Shard, rows: number[], maxInMemory?: number): Promise<number[]> {
    const split = shardSplit('train', shard, Int32Array.from(rows), maxInMemory);
    const out = new Uint8Array(rows.length * 12);
    await split.read([...rows.keys()], out);
    await shard.file.close();
    return rows.map((_, i) => out[i * 12 + 11]);
  }
  async function folders(): Promise<string[]> {
    const parent = join(cacheFolder, 'datasets', 'shards');
    return (await readdir(parent)).map((name) => join(parent, name));
  }

  it('decodes every image once; opening again decodes none', async () => {
    const seen: number[][] = [];
    const progress = (done: number, total: number): void => void seen.push([done, total]);
    const first = await openShard(source(), target, { cacheFolder, signal, progress });
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, 10]));
    expect(first.unreadable).toEqual([{ file: '3.png', reason: 'broken' }]);
    expect(first.labels).toEqual([0, 1, 0, 0, 1, 0, 1, 0, 1]);
    expect(await pixelsOf(first, [0, 3, 8])).toEqual([0, 4, 9]);
    const again = await openShard(source(), target, { cacheFolder, signal });
    expect({ ...again, file: undefined }).toEqual({ ...first, file: undefined });
    expect(await pixelsOf(again, [8, 2])).toEqual([9, 2]);
    expect(decoded).toBe(10);
  });

  it('decodes once for runs that start together', async () => {
    const shards = await Promise.all([1, 2, 3].map(() => openShard(source(), target, { cacheFolder, signal })));
    for (const shard of shards) await shard.file.close();
    expect(decoded).toBe(10);
  });

  it('decodes anew for another content, size or way to resize', async () => {
    const others = [
      [source({ key: 'other' }), target],
      [source(), { ...target, size: 3 }],
      [source(), { ...target, resize: 'crop' }],
    ] as const;
    for (const [other, otherTarget] of [[source(), target] as const, ...others]) {
      await (await openShard(other, otherTarget, { cacheFolder, signal })).file.close();
    }
    expect(decoded).toBe(40);
    expect(await folders()).toHaveLength(4);
  });

  it('keeps the size of a source that is smaller than the target', async () => {
    const shard = await openShard(source({ nativeSize: 2 }), { ...target, size: 96 }, { cacheFolder, signal });
    await shard.file.close();
    expect(shard.imageSize).toBe(2);
  });

  it.each([
    ['cut off', (folder: string) => truncate(join(folder, 'pixels.bin'), 5)],
    ['too long', (folder: string) => appendFile(join(folder, 'pixels.bin'), 'x')],
    ['without an index', (folder: string) => rm(join(folder, 'index.json'))],
    ['with a garbled index', (folder: string) => writeFile(join(folder, 'index.json'), '{"count": 3')],
    ['with an index of another form', (folder: string) => writeFile(join(folder, 'index.json'), '{"count": 3}')],
  ])('makes a shard anew that is %s', async (_, damage) => {
    await (await openShard(source(), target, { cacheFolder, signal })).file.close();
    await damage((await folders())[0]);
    expect(await pixelsOf(await openShard(source(), target, { cacheFolder, signal }), [0, 8])).toEqual([0, 9]);
    expect(decoded).toBe(20);
  });

  it('refuses a source of which too much is unreadable, and names some of it', async () => {
    const bad = source({
      async *images() {
        for (let i = 0; i < 10; i++) yield { file: `${i}.png`, reason: 'broken' };
      },
    });
    await expect(openShard(bad, target, { cacheFolder, signal })).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.path',
      message: "10 of 10 images in numbers can't be read, such as 0.png (broken), 1.png (broken), 2.png (broken)",
    });
    expect(await folders()).toEqual([]);
  });

  it('leaves nothing behind when decoding is aborted', async () => {
    const abort = new AbortController();
    const progress = (done: number): void => {
      if (done === 4) abort.abort(new Error('cancelled'));
    };
    const opened = openShard(source(), target, { cacheFolder, signal: abort.signal, progress });
    await expect(opened).rejects.toThrow('cancelled');
    expect(await folders()).toEqual([]);
  });

  it('reads the same from disk as from memory, in any order and repeatedly', async () => {
    const rows = [7, 0, 1, 2, 8, 2];
    const fromDisk = await pixelsOf(await openShard(source(), target, { cacheFolder, signal }), rows, 0);
    const fromMemory = await pixelsOf(await openShard(source(), target, { cacheFolder, signal }), rows);
    expect(fromDisk).toEqual([8, 0, 1, 2, 9, 2]);
    expect(fromMemory).toEqual(fromDisk);
  });

  it('says of a file that is cut off while it is open that it ended early', async () => {
    const shard = await openShard(source(), target, { cacheFolder, signal });
    await truncate(join((await folders())[0], 'pixels.bin'), 30);
    const split = shardSplit('train', shard, Int32Array.of(0, 8, 1, 7), 0);
    await expect(split.read([0, 1, 2, 3], new Uint8Array(48))).rejects.toThrow('ended early: delete the cache folder');
    await split.read([0, 2], new Uint8Array(24));
    await shard.file.close();
  });

  it('refuses an index outside the split and a buffer that is too small', async () => {
    const shard = await openShard(source(), target, { cacheFolder, signal });
    const split = shardSplit('test', shard, Int32Array.of(7, 8));
    await expect(split.read([2], new Uint8Array(12))).rejects.toThrow('Image 2 is not in the split test of 2 images');
    await expect(split.read([0, 1], new Uint8Array(23))).rejects.toThrow('2 images need 24 bytes, not 23');
    await shard.file.close();
  });
});
