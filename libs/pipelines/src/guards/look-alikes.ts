import type { Report } from '#contracts';
import type { Split } from '#datasets';
import { stayResponsive } from '../stay-responsive.js';

const WIDTH = 9;
const HEIGHT = 8;
const SIZE = WIDTH * HEIGHT;
/** Pairs of images that are compared at most: about a second. */
const MAX_PAIRS = 200_000_000;
/** Bits of 64 in which two hashes of one picture may differ: it was stored anew, resized, or made a little lighter. */
const MAX_BITS = 4;
/** Mean difference of the two pictures' greys, 0 to 255, above which they are two pictures after all. */
const MAX_DIFFERENCE = 6;
/** A picture with fewer edges than this, such as an empty one, resembles too much. */
const FEWEST_EDGES = 8;
const READ_AT_ONCE = 256;
const SHOWN = 10;

/** Images, each reduced to 9 × 8 shades of grey. */
export interface Thumbprints {
  imageSize: number;
  count: number;
  /** `[images, 8, 9]`, 0 to 255. */
  luma: Uint8Array;
}

export const thumbprint = {
  size: SIZE,
  /** @param pixels `imageSize² × 3` bytes */
  add(all: Thumbprints, pixels: Uint8Array): void {
    const { imageSize: size } = all;
    const from = all.count++ * SIZE;
    for (let y = 0; y < HEIGHT; y++) {
      const [top, bottom] = range(y, HEIGHT, size);
      for (let x = 0; x < WIDTH; x++) {
        const [left, right] = range(x, WIDTH, size);
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let at = (row * size + left) * 3; at < (row * size + right) * 3; at += 3) {
            sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
          }
        }
        all.luma[from + y * WIDTH + x] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  },
};

/** Pixels of cell i of so many; at least one. */
function range(i: number, cells: number, size: number): [number, number] {
  const first = Math.min(size - 1, Math.floor((i * size) / cells));
  return [first, Math.max(first + 1, Math.floor(((i + 1) * size) / cells))];
}

/**
 * Difference hashes (dHash: Krawetz, "Kind of Like That", 2013): bit (y, x) says whether grey (y, x) is lighter than its
 * neighbour on the right. What two copies of a picture, stored differently, have in common.
 * @returns two words of 32 bits for each image
 */
export function differenceHashes({ luma, count }: Thumbprints): Uint32Array {
  const hashes = new Uint32Array(count * 2);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH - 1; x++) {
        const at = i * SIZE + y * WIDTH + x;
        if (luma[at] > luma[at + 1]) hashes[i * 2 + (y >> 2)] |= 1 << ((y % 4) * 8 + x);
      }
    }
  }
  return hashes;
}

/**
 * Test images that look like an image that was trained on: near-copies, which the content hash takes for different. The
 * test of such an image is no test. Compares every pair, up to a bound, beyond which the first images of both stand for
 * all; what the hashes take for one picture must also have about the same greys.
 */
export async function findLookAlikes(
  test: Thumbprints,
  train: Split,
  signal: AbortSignal,
): Promise<NonNullable<Report['lookAlikes']>> {
  const share = Math.min(1, Math.sqrt(MAX_PAIRS / Math.max(1, test.count * train.length)));
  const testImages = Math.ceil(test.count * share);
  const ofTrain = await thumbprintsOf(train, Math.ceil(train.length * share), signal);
  const ours = differenceHashes(test);
  const theirs = differenceHashes(ofTrain);
  const found: NonNullable<Report['lookAlikes']> = { train: ofTrain.count, test: testImages, found: 0, pairs: [] };
  for (let t = 0; t < testImages; t++) {
    if (t % READ_AT_ONCE === 0) await stayResponsive(signal);
    const [low, high] = [ours[t * 2], ours[t * 2 + 1]];
    const edges = bitsOf(low) + bitsOf(high);
    if (edges < FEWEST_EDGES || edges > 64 - FEWEST_EDGES) continue;
    for (let i = 0; i < ofTrain.count; i++) {
      if (bitsOf(low ^ theirs[i * 2]) + bitsOf(high ^ theirs[i * 2 + 1]) > MAX_BITS) continue;
      if (differenceOf(test, t, ofTrain, i) > MAX_DIFFERENCE) continue;
      found.found++;
      if (found.pairs.length < SHOWN) found.pairs.push({ train: i, test: t });
      break;
    }
  }
  return found;
}

/** In words; `undefined` where nothing was found. */
export function lookAlikeWarning({ found, test }: NonNullable<Report['lookAlikes']>): string | undefined {
  if (found === 0) return undefined;
  return (
    `${found} of ${test} test images look like a training image (perceptual hash): where they are copies of one ` +
    'photo, the test flatters. The report names some of them; keep copies on one side of the split'
  );
}

async function thumbprintsOf(split: Split, count: number, signal: AbortSignal): Promise<Thumbprints> {
  const { imageSize } = split;
  const bytes = imageSize ** 2 * 3;
  const all: Thumbprints = { imageSize, count: 0, luma: new Uint8Array(count * SIZE) };
  const pixels = new Uint8Array(Math.min(count, READ_AT_ONCE) * bytes);
  for (let first = 0; first < count; first += READ_AT_ONCE) {
    await stayResponsive(signal);
    const indices = Array.from({ length: Math.min(READ_AT_ONCE, count - first) }, (_, i) => first + i);
    await split.read(indices, pixels);
    indices.forEach((_, i) => thumbprint.add(all, pixels.subarray(i * bytes, (i + 1) * bytes)));
  }
  return all;
}

function differenceOf(a: Thumbprints, i: number, b: Thumbprints, j: number): number {
  let sum = 0;
  for (let at = 0; at < SIZE; at++) sum += Math.abs(a.luma[i * SIZE + at] - b.luma[j * SIZE + at]);
  return sum / SIZE;
}

/** How many bits of 32 are set. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
