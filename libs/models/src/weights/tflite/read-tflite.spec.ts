import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '#engine';
import { expectRefusedWithinBounds } from '../../../../../test/weights/refused-within-bounds.js';
import { ClaimedList, tfliteFile, type TfliteSpec } from '../../../../../test/weights/tflite-file.js';
import { inceptionFolder } from '../../pretrained/imagenet-inception-v3.js';
import { readWeightsFile } from '../read-weights-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.tflite');

const FLOAT32 = 0;
const UINT8 = 3;
const MEGABYTE = 1024 ** 2;
const FOUR_BILLION = new ClaimedList(2 ** 32 - 1);
/** Two tensors of two numbers, of which an operator makes another. */
const small: TfliteSpec = {
  tensors: [
    { name: 'a', shape: [2], type: FLOAT32, buffer: 1 },
    { name: 'b', shape: [2, 1], type: UINT8, buffer: 2 },
    { name: 'c', shape: [2], type: FLOAT32, buffer: 0 },
  ],
  operators: [{ inputs: [0, 1, -1], outputs: [2] }],
  buffers: [new Uint8Array(0), new Uint8Array(Float32Array.of(1, -2).buffer), Uint8Array.of(3, 255)],
};
const write = (spec: Partial<TfliteSpec> = {}) => writeFileSync(path, tfliteFile({ ...small, ...spec }));
const many = <T>(count: number, each: (index: number) => T) => Array.from({ length: count }, (_, index) => each(index));
const tensor = { name: 'a', shape: [2], type: FLOAT32, buffer: 1 };
const operator = { inputs: [0], outputs: [] };
const sharedInputs = many(10_000, () => 0);
const zeros = many(1e6, () => 0);
const longName = 'n'.repeat(MEGABYTE);

describe('readTflite', () => {
  it('reads the constants that operators take', async () => {
    write();
    expect(await readWeightsFile(path)).toEqual({
      format: 'tflite',
      tensors: {
        a: { shape: [2], values: Float32Array.of(1, -2) },
        b: { shape: [2, 1], values: Float32Array.of(3, 255) },
      },
      metadata: {},
    });
  });

  it('reads tensors that share their numbers, as converters write equal constants', async () => {
    const twice = ['a', 'b'].map((name) => ({ ...tensor, name }));
    write({ tensors: twice, operators: [{ inputs: [0, 1], outputs: [] }] });
    const { tensors } = await readWeightsFile(path);
    expect([...tensors.a.values, ...tensors.b.values]).toEqual([1, -2, 1, -2]);
  });

  it('reads all of a published network', async () => {
    const { tensors } = await readWeightsFile(
      join(await inceptionFolder({ cacheFolder: cacheFolder() }), 'graph.lite'),
    );
    // A filter and a bias of each of the 95 convolutions; 23.9 million numbers, as the architecture has them.
    const weights = Object.values(tensors).filter(({ shape }) => shape.length === 4 || shape.length === 1);
    expect(weights.filter(({ shape }) => shape.length === 4)).toHaveLength(95);
    expect(weights.reduce((sum, { values }) => sum + values.length, 0)).toBeGreaterThan(23_800_000);
  });

  it.each<[string, Partial<TfliteSpec>, RegExp]>([
    [
      'tensors that share a buffer, and would take 40 GB',
      {
        tensors: many(10_000, (index) => ({ name: `w${index}`, shape: [MEGABYTE], type: UINT8, buffer: 1 })),
        operators: [{ inputs: many(10_000, (index) => index), outputs: [] }],
        buffers: [new Uint8Array(0), new Uint8Array(MEGABYTE)],
      },
      /its tensors would have 41943040000 bytes as float32, more than 2147483648/,
    ],
    [
      'operators that share a list of inputs, so that there are 10,000 times 10,000',
      { operators: many(10_000, () => ({ ...operator, inputs: sharedInputs })) },
      /its lists would have more than 16777216 bytes, with the inputs of operator 41\d/,
    ],
    [
      'tensors that share a name of a megabyte',
      { tensors: many(10_000, () => ({ ...tensor, name: longName })) },
      /its lists would have more than 16777216 bytes, with the name of tensor 1\d/,
    ],
    [
      'a million inputs of an operator',
      { operators: [{ ...operator, inputs: zeros }] },
      /the inputs of operator 0 would have 1000000 entries, more than 10000/,
    ],
    [
      'a shape of a million axes',
      { tensors: [{ ...tensor, shape: zeros }] },
      /the shape of tensor 0 would have 1000000 entries, more than 8/,
    ],
    [
      'operators without end, all of them the same',
      { operators: many(2e6, () => operator) },
      /its operators would have 2000000 entries, more than 10000/,
    ],
    [
      'tensors without end, all of them the same',
      { tensors: many(2e6, () => tensor) },
      /its tensors would have 2000000 entries, more than 10000/,
    ],
    ['4 billion tensors', { tensors: FOUR_BILLION }, /its tensors would have 4294967295 entries, and the file ends/],
    ['4 billion operators', { operators: FOUR_BILLION }, /its operators would have 4294967295 entries, and the file/],
    ['4 billion buffers', { buffers: FOUR_BILLION }, /its buffers would have 4294967295 entries, and the file ends/],
    [
      '4 billion inputs',
      { operators: [{ ...operator, inputs: FOUR_BILLION }] },
      /the inputs of operator 0 would have 4294967295 entries, and the file ends/,
    ],
    [
      '4 billion axes',
      { tensors: [{ ...tensor, shape: FOUR_BILLION }] },
      /the shape of tensor 0 would have 4294967295 entries, and the file ends/,
    ],
    [
      'sizes whose product overflows',
      { tensors: [{ ...tensor, shape: many(8, () => 2 ** 31 - 1) }] },
      /a is \[2147483647,.*\] but has 8 bytes/,
    ],
    [
      'an operator that takes a tensor which is not there',
      { operators: [{ ...operator, inputs: [3] }] },
      /operator 0 names the tensor 3 of 3/,
    ],
  ])('refuses %s', async (_, spec, message) => {
    write({ operators: [operator], ...spec });
    const error = await expectRefusedWithinBounds(() => readWeightsFile(path), message);
    expect(error.message.startsWith(`${path} is not a usable TensorFlow Lite model: `)).toBe(true);
    expect(error.remedy).toBe('Convert the network once more, or give its weights as safetensors or .pth.');
  });

  it('refuses a file of more than 512 MB without reading it', async () => {
    write();
    // Sparse: the file system keeps no zeros.
    truncateSync(path, 512 * MEGABYTE + 1);
    await expectRefusedWithinBounds(() => readWeightsFile(path), /it has 536870913 bytes, more than 536870912/);
  });
});
