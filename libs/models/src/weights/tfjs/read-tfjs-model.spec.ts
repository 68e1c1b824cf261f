import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { expectRefusedWithinBounds } from '../../../../../test/weights/refused-within-bounds.js';
import { readTfjsModel } from './read-tfjs-model.js';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A model of one group of weights, whose shards hold these bytes. */
function write(weights: unknown[], shards: Record<string, Uint8Array>, more: object = {}): string {
  const model = { weightsManifest: [{ paths: Object.keys(shards), weights }], modelTopology: {}, ...more };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  for (const [name, bytes] of Object.entries(shards)) {
    if (/^[\w.-]+$/.test(name)) writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
const float = (name: string, shape: number[], more = {}) => ({ name, shape, dtype: 'float32', ...more });
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe('readTfjsModel', () => {
  it('joins the shards, wherever they are cut, and takes the numbers alone', async () => {
    const bytes = Buffer.concat([floats(1, 2, 3), new Uint8Array(4), floats(4)]);
    const weights = [float('a/kernel', [3, 1]), { name: 'size', shape: [1], dtype: 'int32' }, float('b', [])];
    const read = await readTfjsModel(
      write(
        weights,
        { shard1: bytes.subarray(0, 5), shard2: bytes.subarray(5) },
        { userDefinedMetadata: { by: 'us' } },
      ),
    );
    expect(read.tensors).toEqual({
      'a/kernel': { shape: [3, 1], values: Float32Array.of(1, 2, 3) },
      b: { shape: [], values: Float32Array.of(4) },
    });
    expect(read).toMatchObject({ format: 'graph-model', metadata: { by: 'us' } });
  });

  it("reads the converter's quantised weights", async () => {
    const weights = [
      float('eight', [2], { quantization: { dtype: 'uint8', scale: 0.5, min: -1 } }),
      float('half', [2], { quantization: { dtype: 'float16' } }),
      float('sixteen', [1], { quantization: { dtype: 'uint16', scale: 2, min: 0 } }),
    ];
    const read = await readTfjsModel(write(weights, { s: Uint8Array.of(0, 255, 0, 0x3c, 0, 0xc0, 0x01, 0x02) }));
    expect([...read.tensors.eight.values]).toEqual([-1, 126.5]);
    expect([...read.tensors.half.values]).toEqual([1, -2]);
    expect([...read.tensors.sixteen.values]).toEqual([2 * 0x201]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a shard outside the folder',
      () => write([], { '../secret': new Uint8Array(0) }),
      /paths\.0 is no name of a file in the same/,
    ],
    ['an absolute shard', () => write([], { '/etc/passwd': new Uint8Array(0) }), /paths\.0 is no name/],
    ['a shard on the network', () => write([], { 'http://10.0.0.1/s': new Uint8Array(0) }), /paths\.0 is no name/],
    ['shards that end early', () => write([float('a', [4])], { s: floats(1, 2) }), /shards end before a/],
    ['shards that are longer', () => write([float('a', [1])], { s: floats(1, 2) }), /4 bytes more than its weights/],
    [
      'a shape beyond all memory',
      () => write([float('a', [2 ** 50, 2 ** 50])], { s: floats(1) }),
      /its weights would have 5\.\d+e\+30 bytes in memory, more than 2147483648/,
    ],
    ['a negative size', () => write([float('a', [-1])], { s: floats(1) }), /shape\.0/],
    ['texts', () => write([{ name: 'a', shape: [1], dtype: 'string' }], { s: floats(1) }), /dtype/],
    ['what is not JSON', () => writeFileSync(join(folder, 'model.json'), '{'), /model\.json is not JSON/],
    ['a missing shard', () => write([], { 'no-such': new Uint8Array(0), s: floats(1) }), /bytes more/],
  ])('refuses %s', async (_, prepare, message) => {
    prepare();
    const read = readTfjsModel(folder);
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toBeInstanceOf(UserError);
    await expect(read).rejects.toMatchObject({ remedy: expect.stringContaining('tensorflowjs_converter') });
  });

  it.each<[string, 'graph-model' | 'layers-model']>([
    ['a graph', 'graph-model'],
    ['layers', 'layers-model'],
  ])('counts quantised weights of %s as what they become, before it reads any', async (_, format) => {
    const bytes = 600 * 1024 ** 2;
    const parts = [1, 2, 3, 4].map((part) =>
      float(`part ${part}`, [bytes / 4], { quantization: { dtype: 'uint8', scale: 1, min: 0 } }),
    );
    write(parts, { s: new Uint8Array(0) }, { format });
    // Sparse: the file system keeps no zeros.
    truncateSync(join(folder, 's'), bytes);
    await expectRefusedWithinBounds(
      () => readTfjsModel(folder),
      /would have 2516582400 bytes in memory, more than 2147483648/,
    );
  });

  it('refuses a shard that is named again and again', async () => {
    const megabyte = 1024 ** 2;
    const weightsManifest = [
      { paths: Array.from({ length: 500 }, () => 's'), weights: [float('a', [500, megabyte / 4])] },
    ];
    write([], { s: new Uint8Array(megabyte) }, { weightsManifest });
    await expectRefusedWithinBounds(() => readTfjsModel(folder), /model\.json names the shard s twice/);
  });
});
