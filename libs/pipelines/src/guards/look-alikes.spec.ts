import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Split } from '#datasets';
import { seededUniform } from '../report/seeded-random.js';
import { differenceHash, findLookAlikes, lookAlikeWarning, Thumbprints } from './look-alikes.js';

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
const splitOf = (images: readonly Uint8Array[]): Split => ({
  name: 'train',
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
    const found = await findLookAlikes(printsOf(test), splitOf(train), signal);
    expect(found).toEqual({
      train: 300,
      test: 4,
      found: 2,
      pairs: [
        { train: 7, test: 1 },
        { train: 280, test: 3 },
      ],
    });
    expect(lookAlikeWarning(found)).toContain('2 of 4 test images look like a training image');
  });

  it('finds nothing among different pictures, nor among empty ones', async () => {
    const others = Array.from({ length: 40 }, (_, i) => picture(5000 + i));
    const found = await findLookAlikes(printsOf(others), splitOf(train), signal);
    expect(found.found).toBe(0);
    expect(lookAlikeWarning(found)).toBeUndefined();
    const empty = [new Uint8Array(SIZE * SIZE * 3).fill(255)];
    expect((await findLookAlikes(printsOf(empty), splitOf(empty), signal)).found).toBe(0);
  });
});

it('a difference hash has a bit for each grey that is lighter than its right neighbour', () => {
  const slope = (grey: (x: number) => number) =>
    Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => grey(Math.floor(at / 3) % SIZE));
  expect([
    ...differenceHash(
      slope((x) => x * 5),
      SIZE,
    ),
  ]).toEqual([0, 0]);
  expect([
    ...differenceHash(
      slope((x) => 255 - x * 5),
      SIZE,
    ),
  ]).toEqual([0xffffffff, 0xffffffff]);
});
