import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Split } from '#datasets';
import { seededUniform } from '../report/seeded-random.js';
import { findLookAlikes, lookAlikeWarning, Thumbprints } from './look-alikes.js';

const SIZE = 48;
const { signal } = new AbortController();

/** A picture of a few soft blobs, which no other seed has. */
function picture(seed: number): Uint8Array {
  const uniform = seededUniform(seed, 'picture');
  const blobs = Array.from({ length: 6 }, () => Array.from({ length: 6 }, uniform));
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
    const [x, y, channel] = [(Math.floor(at / 3) % SIZE) / SIZE, Math.floor(at / 3 / SIZE) / SIZE, at % 3];
    const light = blobs.reduce(
      (sum, blob) => sum + blob[2 + channel] * Math.exp(-((x - blob[0]) ** 2 + (y - blob[1]) ** 2) / 0.02),
      0,
    );
    return Math.min(255, 30 + 200 * light);
  });
}

const raw = { width: SIZE, height: SIZE, channels: 3 } as const;
const saved = async (pixels: Uint8Array, quality: number): Promise<Uint8Array> =>
  sharp(await sharp(pixels, { raw }).jpeg({ quality }).toBuffer())
    .raw()
    .toBuffer();
const lighter = (pixels: Uint8Array) => pixels.map((value) => Math.min(255, value + 4));

function printsOf(images: readonly Uint8Array[]): Thumbprints {
  const all = new Thumbprints(images.length, SIZE);
  for (const pixels of images) all.add(pixels);
  return all;
}
const splitOf = (images: readonly Uint8Array[], name: Split['name'] = 'train'): Split => ({
  name,
  length: images.length,
  imageSize: SIZE,
  labels: new Int32Array(images.length),
  hashes: images.map(String),
  read: async (indices, out) => {
    for (let i = 0; i < indices.length; i++) out.set(images[indices[i]], i * SIZE * SIZE * 3);
  },
});

describe('findLookAlikes', () => {
  const train = Array.from({ length: 300 }, (_, i) => picture(i));

  it('finds test images that are training images stored anew or made a little lighter, and no others', async () => {
    const test = [picture(1000), await saved(train[7], 60), picture(1001), lighter(train[280])];
    const found = await findLookAlikes(printsOf(test), [splitOf(train)], signal);
    expect(found).toEqual({
      ...{ train: 300, validation: 0, unlabelled: 0, test: 4, found: 2 },
      pairs: [
        { train: 7, test: 1 },
        { train: 280, test: 3 },
      ],
    });
    expect(lookAlikeWarning(found)).toContain(
      '2 of 4 test images look like one of 300 training images (perceptual hash)',
    );
  });

  it('finds them among all images that a run has used, and says in which split', async () => {
    const [validation, unlabelled] = [
      [picture(500), picture(501)],
      [picture(600), picture(601), picture(602)],
    ];
    const test = [await saved(unlabelled[2], 60), lighter(validation[1]), picture(1000), lighter(train[3])];
    const splits = [splitOf(train), splitOf(validation, 'validation'), splitOf(unlabelled, 'unlabelled')];
    const found = await findLookAlikes(printsOf(test), splits, signal);
    expect(found).toEqual({
      ...{ train: 300, validation: 2, unlabelled: 3, test: 4, found: 3 },
      pairs: [
        { unlabelled: 2, test: 0 },
        { validation: 1, test: 1 },
        { train: 3, test: 3 },
      ],
    });
  });

  it('finds nothing among different pictures, nor among empty ones', async () => {
    const others = Array.from({ length: 40 }, (_, i) => picture(5000 + i));
    const found = await findLookAlikes(printsOf(others), [splitOf(train)], signal);
    expect(found.found).toBe(0);
    expect(lookAlikeWarning(found)).toBeUndefined();
    const empty = [new Uint8Array(SIZE * SIZE * 3).fill(255)];
    expect((await findLookAlikes(printsOf(empty), [splitOf(empty)], signal)).found).toBe(0);
  });

  it('reads few images twice where all are alike', async () => {
    const alike = train.map((_, i) => (i % 2 === 0 ? train[0] : lighter(train[0])));
    const split = splitOf(alike);
    let reads = 0;
    const counting: Split = {
      ...split,
      read: (indices, out) => {
        reads += indices.length;
        return split.read(indices, out);
      },
    };
    const found = await findLookAlikes(printsOf(alike), [counting], signal);
    expect(found).toMatchObject({ train: 300, test: 300, found: 300 });
    expect(found.pairs).toEqual(Array.from({ length: 10 }, (_, test) => ({ train: 0, test })));
    // Each once for its hash, and the first 16 of those alike.
    expect(reads).toBe(300 + 16);
  });

  it('compares what there is time for, and says how much that was', async () => {
    const found = await findLookAlikes(printsOf(train), [splitOf(train)], signal, 0);
    expect(found).toMatchObject({ train: 0, test: 0, found: 0 });
  });
});
