import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '#datasets';
import { picture, writeFiles } from '../datasets/image-folder.js';
import { buildPrograms } from '../services/test-services.js';

/** Enough for several threads, where there are several processors. */
const IMAGES = 160;
const reader = path.resolve(import.meta.dirname, '../processes/dataset-reader.js');

let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-dataset-cache-'));
  for (let i = 0; i < IMAGES; i++) {
    await writeFiles(path.join(folder, 'images'), { [`${i % 2 ? 'cat' : 'dog'}/${i}.png`]: await picture(i) });
  }
  // One that is decoded alone, in the reader's own thread, and one that is none.
  const large = sharp({ create: { width: 4001, height: 4000, channels: 3, background: '#804020' } });
  await writeFiles(path.join(folder, 'images'), {
    'cat/large.png': await large.png().toBuffer(),
    'dog/none.png': Buffer.from('no image'),
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that opens the images; its output once it has ended. */
function open(cache: string, at: { holdAt?: number; abortAt?: number } = {}) {
  const order = { path: path.join(folder, 'images'), cacheFolder: path.join(folder, cache), ...at };
  const child = spawn(process.execPath, [reader, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  const holding = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, ended, holding };
}
const result = async ({ ended }: ReturnType<typeof open>) =>
  JSON.parse(await ended) as {
    decoded: number;
    lengths: number[];
    contentHash: string;
    unreadable: { file: string; reason: string }[];
  };
const shards = (cache: string) => readdir(path.join(folder, cache, 'datasets', 'shards'));

describe('the cache of decoded images', () => {
  it('is filled once by two processes that need it at the same time', async () => {
    const [one, two] = await Promise.all([result(open('shared')), result(open('shared'))]);
    expect([one.decoded, two.decoded].sort((a, b) => a - b)).toEqual([0, IMAGES + 2]);
    expect(two.contentHash).toBe(one.contentHash);
    expect(two.lengths).toEqual(one.lengths);
    expect(await shards('shared')).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });

  it('holds what one thread reads, however many have read it', async () => {
    // From the sources, this process reads the images in its own thread.
    const dataset = await openDataset(
      { path: path.join(folder, 'images'), format: 'folder', unlabelled: 0, validation: 0.1 },
      { size: 32, resize: 'squash', mean: [0, 0, 0], std: [1, 1, 1] },
      { cacheFolder: path.join(folder, 'alone'), seed: 0, signal: new AbortController().signal, log: () => {} },
    );
    await dataset.close();
    const read = await result(open('threads'));
    expect(read.contentHash).toBe(dataset.contentHash);
    expect(read.unreadable).toEqual(dataset.unreadable);
    expect(read.unreadable).toHaveLength(1);
    const [alone, threads] = await Promise.all(
      ['alone', 'threads'].map(async (cache) =>
        readFile(path.join(folder, cache, 'datasets', 'shards', (await shards(cache))[0], 'pixels.bin')),
      ),
    );
    expect(threads.equals(alone)).toBe(true);
  });

  it('has nothing of a decoding that was aborted, whose process then ends by itself', async () => {
    const { child, ended } = open('aborted', { abortAt: IMAGES / 2 });
    expect(JSON.parse(await ended)).toEqual({ aborted: true });
    expect(child.exitCode).toBe(0);
    expect(await shards('aborted')).toEqual([]);
  });

  it('has nothing half-written of a process that was killed, and the next one fills it at once', async () => {
    const killed = open('killed', { holdAt: IMAGES / 2 });
    await killed.holding;
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await shards('killed')).filter((name) => /^[0-9a-f]+$/.test(name))).toEqual([]);

    const next = await result(open('killed'));
    expect(next.decoded).toBe(IMAGES + 2);
    expect(next.contentHash).toBe((await result(open('shared'))).contentHash);
    expect((await shards('killed')).filter((name) => /^[0-9a-f]+$/.test(name))).toHaveLength(1);
    expect((await shards('killed')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});
