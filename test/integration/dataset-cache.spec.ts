import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture, writeFiles } from '../datasets/image-folder.js';
import { buildPrograms } from '../services/test-services.js';

const IMAGES = 60;
const reader = path.resolve(import.meta.dirname, '../processes/dataset-reader.js');

let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-dataset-cache-'));
  for (let i = 0; i < IMAGES; i++) {
    await writeFiles(path.join(folder, 'images'), { [`${i % 2 ? 'cat' : 'dog'}/${i}.png`]: await picture(i) });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that opens the images; its output once it has ended. */
function open(cache: string, holdAt?: number) {
  const order = { path: path.join(folder, 'images'), cacheFolder: path.join(folder, cache), holdAt };
  const child = spawn(process.execPath, [reader, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  const holding = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, ended, holding };
}
const result = async ({ ended }: ReturnType<typeof open>) =>
  JSON.parse(await ended) as { decoded: number; lengths: number[]; contentHash: string };
const shards = (cache: string) => readdir(path.join(folder, cache, 'datasets', 'shards'));

describe('the cache of decoded images', () => {
  it('is filled once by two processes that need it at the same time', async () => {
    const [one, two] = await Promise.all([result(open('shared')), result(open('shared'))]);
    expect([one.decoded, two.decoded].sort((a, b) => a - b)).toEqual([0, IMAGES]);
    expect(two.contentHash).toBe(one.contentHash);
    expect(two.lengths).toEqual(one.lengths);
    expect(await shards('shared')).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });

  it('has nothing half-written of a process that was killed, and the next one fills it at once', async () => {
    const killed = open('killed', IMAGES / 2);
    await killed.holding;
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await shards('killed')).filter((name) => /^[0-9a-f]+$/.test(name))).toEqual([]);

    const next = await result(open('killed'));
    expect(next.decoded).toBe(IMAGES);
    expect(next.contentHash).toBe((await result(open('shared'))).contentHash);
    expect((await shards('killed')).filter((name) => /^[0-9a-f]+$/.test(name))).toHaveLength(1);
    expect((await shards('killed')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});
