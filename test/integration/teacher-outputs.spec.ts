import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#contracts';
import { loadEngine } from '#engine';
import { runPipeline } from '#pipelines';
import { idxFile } from '../datasets/idx-file.js';
import { recording, saveArtifacts, temporaryFolder, toySpec } from '../pipelines/toy.js';
import { buildPrograms } from '../services/test-services.js';

/** More than one chunk of rows, 4,096, so that a killed process has left one. */
const IMAGES = 5000;
const SIZE = 8;
const program = path.resolve(import.meta.dirname, '../processes/distil.js');

let folder: string;
let remove: () => Promise<void>;
let teacher: string;
beforeAll(async () => {
  await buildPrograms();
  ({ folder, remove } = await temporaryFolder());
  await mkdir(path.join(folder, 'images'));
  for (const [split, count] of [
    ['train', IMAGES],
    ['t10k', 20],
  ] as const) {
    const labels = Buffer.from(Array.from({ length: count }, (_, image) => image % 3));
    const pixels = Buffer.alloc(count * SIZE ** 2);
    // Brighter with the class, and no two images alike.
    for (let at = 0; at < pixels.length; at++) pixels[at] = 60 * labels[Math.floor(at / 64)] + (at % 61);
    for (let image = 0; image < count; image++) pixels.writeUInt16LE(count + image, image * 64);
    await writeFile(path.join(folder, 'images', `${split}-images-idx3-ubyte`), idxFile([count, SIZE, SIZE], pixels));
    await writeFile(path.join(folder, 'images', `${split}-labels-idx1-ubyte`), idxFile([count], labels));
  }
  const context = recording(path.join(folder, 'cache'));
  await runPipeline({
    engine: await loadEngine(),
    spec: spec('transfer', { backbone: { model: 'small_cnn', weights: 'none' } }),
    seed: 1,
    context,
  });
  teacher = await saveArtifacts(context, path.join(folder, 'teacher'));
});
afterAll(() => remove());

function spec<P extends 'transfer' | 'distillation'>(pipeline: P, fields: Record<string, unknown>) {
  return toySpec(pipeline, path.join(folder, 'images'), {
    dataset: { path: path.join(folder, 'images'), format: 'idx', validation: 8 },
    image: { size: SIZE },
    training: { epochs: 1, batchSize: 512, precision: 'float32' },
    report: { maxSeconds: 0 },
    ...fields,
  });
}

/** A distillation in a process of its own. */
function distil(cache: string, holdAt?: number) {
  const task = {
    spec: spec('distillation', { teacher: { path: teacher }, student: { model: 'small_cnn' } }),
    cacheFolder: path.join(folder, cache),
    holdAt,
  };
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  const holding = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, ended, holding };
}
const result = async ({ ended }: ReturnType<typeof distil>) =>
  JSON.parse(await ended) as { report: Report; lines: string[] };
const uncached = ({ report }: Awaited<ReturnType<typeof result>>) =>
  report.teacherCache!.rows - report.teacherCache!.hits;

describe("the cache of a teacher's outputs", () => {
  it('is filled once by two runs that need it at the same time', async () => {
    const found = await Promise.all([result(distil('shared')), result(distil('shared'))]);
    expect(found.map(uncached).sort((a, b) => a - b)).toEqual([0, IMAGES - 8]);
    const entries = await readdir(path.join(folder, 'shared', 'outputs'));
    expect(entries).toHaveLength(1);
  });

  it('keeps what a run had computed when it was killed, for another that goes on at once', async () => {
    const killed = distil('killed', 4700);
    await killed.holding;
    const waiting = distil('killed');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const found = await result(waiting);
    expect(found.report.teacherCache!.hits).toBe(4096);
    expect(uncached(found)).toBe(IMAGES - 8 - 4096);
  });
});
