import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileOutputStore, type Lease } from './file-output-store.js';
import type { OutputEntry } from './output-store.js';
import { collectOutputs, listOutputs, verifyOutputs } from './stored-outputs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-outputs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const entry = (name: string): OutputEntry => ({
  address: hashOf(name),
  type: 'float16',
  about: { network: name, output: 'logits', width: 2, images: '32 px, squash', engine: 'tensorflow 2.21.0, 2 threads' },
});
const chunk = (...images: string[]) => ({
  width: 2,
  hashes: images.map(hashOf),
  values: Float32Array.from(images.flatMap((_, at) => [at + 1 / 3, -at])),
  deviceMs: 10 * images.length,
});
const leases: string[] = [];
const lease: Lease = async (file, work) => {
  leases.push(path.relative(folder, file));
  return work();
};
const store = () => new FileOutputStore(folder, lease);
const folderOf = (name: string) => path.join(folder, 'outputs', hashOf(name));
const chunksOf = async (name: string) => (await readdir(folderOf(name))).filter((file) => file.endsWith('.rows'));

describe('FileOutputStore', () => {
  it('gives back the rows of an address, chunk by chunk, and of no other', async () => {
    const one = await store().add(entry('a'), chunk('1', '2'));
    const two = await store().add(entry('a'), chunk('3'));
    await store().add(entry('b'), chunk('1'));
    const found = await store().read(hashOf('a'));
    expect(found).toEqual([one, two].sort((x, y) => x.name.localeCompare(y.name)));
    expect(await store().read(hashOf('a'), { known: new Set([one.name]) })).toEqual([two]);
    expect(await store().read(hashOf('nothing'))).toEqual([]);
  });

  it('gives whoever adds rows the numbers that it keeps', async () => {
    const { chunk: kept } = await store().add(entry('a'), chunk('1'));
    expect(kept.values[0]).not.toBe(Math.fround(1 / 3));
    expect(kept.largestError).toBe(Math.abs(kept.values[0] - Math.fround(1 / 3)));
    expect((await store().read(hashOf('a')))[0].chunk).toEqual(kept);
  });

  it('keeps the same rows once', async () => {
    await store().add(entry('a'), chunk('1'));
    await store().add(entry('a'), chunk('1'));
    expect(await chunksOf('a')).toHaveLength(1);
    expect((await readdir(folderOf('a'))).filter((file) => file.endsWith('.work'))).toEqual([]);
  });

  it('leaves out what is damaged, says so, and removes it', async () => {
    const { name } = await store().add(entry('a'), chunk('1', '2'));
    const whole = await store().add(entry('a'), chunk('3'));
    const bytes = await readFile(path.join(folderOf('a'), name));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(path.join(folderOf('a'), name), bytes);
    const damage: string[] = [];
    const onDamage = (file: string, why: string) => damage.push(`${path.basename(file)}: ${why}`);
    expect(await store().read(hashOf('a'), { onDamage })).toEqual([whole]);
    expect(damage).toEqual([`${name}: its content is not what its name says`]);
    expect(await chunksOf('a')).toEqual([whole.name]);
  });

  it('takes the lease in the folder of the address', async () => {
    expect(await store().exclusively(entry('a'), async () => 5, { signal: new AbortController().signal })).toBe(5);
    expect(leases.at(-1)).toBe(path.join('outputs', hashOf('a'), 'lease'));
  });

  it('refuses an address that would lead out of its folder', async () => {
    await expect(store().read('../../etc')).rejects.toThrow('no address');
  });
});

describe('stored outputs', () => {
  const minute = 60_000;
  const age = (name: string, ms: number) =>
    Promise.all(
      ['entry.json'].map(async (file) => {
        const at = new Date(Date.now() - ms);
        for (const each of [file, ...(await chunksOf(name))]) await utimes(path.join(folderOf(name), each), at, at);
      }),
    );

  it('are listed with what they are, the last used first', async () => {
    await store().add(entry('old'), chunk('1'));
    await store().add(entry('new'), chunk('1', '2'));
    await age('old', 10 * minute);
    const listed = await listOutputs(folder);
    expect(listed.map(({ about, chunks, inUse }) => [about?.network, chunks, inUse])).toEqual([
      ['new', 1, false],
      ['old', 1, false],
    ]);
    const [name] = await chunksOf('new');
    expect(listed[0].bytes).toBe((await stat(path.join(folderOf('new'), name))).size);
    // To be asked for is to be used.
    await store().read(hashOf('old'));
    expect((await listOutputs(folder))[0].about?.network).toBe('old');
    expect(await listOutputs(path.join(folder, 'nowhere'))).toEqual([]);
  });

  it('are verified row by row', async () => {
    await store().add(entry('a'), chunk('1', '2'));
    await store().add(entry('a'), chunk('2', '3', '4'));
    expect(await verifyOutputs(folder)).toMatchObject([{ rows: 4, deviceSeconds: 0.05, damaged: [] }]);
    const wide = { width: 3, hashes: [hashOf('5')], values: Float32Array.of(1, 2, 3), deviceMs: 1 };
    await store().add(entry('a'), wide);
    const [name] = await chunksOf('a');
    await writeFile(path.join(folderOf('a'), name), 'damaged');
    const [{ damaged }] = await verifyOutputs(folder);
    const reasons = damaged.map(({ reason }) => reason);
    expect(reasons).toContain('its content is not what its name says');
    await rm(path.join(folderOf('a'), 'entry.json'));
    expect((await verifyOutputs(folder))[0].damaged).toContainEqual(expect.objectContaining({ file: 'entry.json' }));
  });

  it('make room by age and by size, those first that were not used for longest', async () => {
    for (const [name, minutes] of [
      ['a', 30],
      ['b', 20],
      ['c', 10],
    ] as const) {
      await store().add(entry(name), chunk('1'));
      await age(name, minutes * minute);
    }
    const { bytes } = (await listOutputs(folder))[0];
    const networks = (found: Awaited<ReturnType<typeof collectOutputs>>) =>
      found.removed.map(({ about }) => about?.network);
    expect(networks(await collectOutputs(folder, { unusedForMs: 25 * minute, dryRun: true }))).toEqual(['a']);
    expect(existsSync(folderOf('a'))).toBe(true);
    const found = await collectOutputs(folder, { mostBytes: bytes });
    expect(networks(found)).toEqual(['a', 'b']);
    expect(found.bytes).toBe(2 * bytes);
    expect((await listOutputs(folder)).map(({ about }) => about?.network)).toEqual(['c']);
    expect(networks(await collectOutputs(folder, {}))).toEqual([]);
  });

  it('keep an entry to which rows are being added, until its lease has expired', async () => {
    await store().add(entry('a'), chunk('1'));
    const file = path.join(folderOf('a'), 'lease');
    await writeFile(file, '{}');
    expect((await listOutputs(folder))[0].inUse).toBe(true);
    expect((await collectOutputs(folder, { mostBytes: 0 })).removed).toEqual([]);
    const expired = new Date(Date.now() - minute);
    await utimes(file, expired, expired);
    expect((await collectOutputs(folder, { mostBytes: 0 })).removed).toHaveLength(1);
    expect(existsSync(folderOf('a'))).toBe(false);
  });

  it('lose what a killed process has left half-written, and entries in an older form', async () => {
    await store().add(entry('a'), chunk('1'));
    const work = path.join(folderOf('a'), 'x.rows.work');
    const fresh = path.join(folderOf('a'), 'y.rows.work');
    const older = path.join(folder, 'outputs', `${hashOf('a')}.safetensors`);
    for (const file of [work, fresh, older]) await writeFile(file, 'half');
    const yesterday = new Date(Date.now() - 24 * 60 * minute);
    await utimes(work, yesterday, yesterday);
    const { leftovers, removed } = await collectOutputs(folder, {});
    expect(leftovers.map((file) => path.basename(file)).sort()).toEqual([path.basename(older), 'x.rows.work'].sort());
    expect(removed).toEqual([]);
    expect([work, fresh, older].map(existsSync)).toEqual([false, true, false]);
  });
});
