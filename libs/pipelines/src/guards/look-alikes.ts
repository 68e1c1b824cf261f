import type { Report } from '#contracts';
import type { Split } from '#datasets';
import { stayResponsive } from '../stay-responsive.js';

/** Shades of grey that a difference hash is made of. */
const WIDTH = 9;
const HEIGHT = 8;
/** Shades that tell whether two pictures with like hashes are one. */
const FINE = 32;
/** Pairs of images that are compared at most: about a second. */
const MAX_PAIRS = 50_000_000;
/** Bits of 64 in which two hashes of one picture may differ: it was stored anew, resized, or made a little lighter. */
const MAX_BITS = 4;
/** Training images that are looked at more closely for each test image, at most. */
const MAX_CANDIDATES = 16;
/** Correlation of the two pictures' greys from which they are one: two scans of the digit 1 have less. */
const SAME = 0.985;
/** A picture with fewer edges than this, such as an empty one, resembles too much. */
const FEWEST_EDGES = 8;
const READ_AT_ONCE = 256;
const SHOWN = 10;

/** What is kept of images that can't be read again: their hashes, and a small grey picture of each. */
export class Thumbprints {
  readonly hashes: Uint32Array;
  readonly fine: Uint8Array;
  count = 0;

  /** @param length images at most; @param imageSize height and width of each, pixels */
  constructor(
    length: number,
    private readonly imageSize: number,
  ) {
    this.hashes = new Uint32Array(length * 2);
    this.fine = new Uint8Array(length * FINE * FINE);
  }

  /** @param pixels `imageSize² × 3` bytes */
  add(pixels: Uint8Array): void {
    this.hashes.set(differenceHash(pixels, this.imageSize), this.count * 2);
    this.fine.set(greys(pixels, this.imageSize, FINE, FINE), this.count * FINE * FINE);
    this.count++;
  }
}

/**
 * The difference hash of an image (dHash: Krawetz, "Kind of Like That", 2013), 64 bits in two words: bit (y, x) says whether
 * grey (y, x) of 8 × 9 is lighter than its neighbour on the right. What copies of a picture, stored differently, have in
 * common.
 */
export function differenceHash(pixels: Uint8Array, imageSize: number): Uint32Array {
  const luma = greys(pixels, imageSize, WIDTH, HEIGHT);
  const hash = new Uint32Array(2);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH - 1; x++) {
      const at = y * WIDTH + x;
      if (luma[at] > luma[at + 1]) hash[y >> 2] |= 1 << ((y % 4) * 8 + x);
    }
  }
  return hash;
}

/** An image in so many shades of grey, each the mean of its pixels. `[height, width]`, 0 to 255. */
function greys(pixels: Uint8Array, size: number, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = range(y, height, size);
    for (let x = 0; x < width; x++) {
      const [left, right] = range(x, width, size);
      let sum = 0;
      for (let row = top; row < bottom; row++) {
        for (let at = (row * size + left) * 3; at < (row * size + right) * 3; at += 3) {
          sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
        }
      }
      out[y * width + x] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return out;
}

/** Pixels of cell i of so many; at least one. */
function range(i: number, cells: number, size: number): [number, number] {
  const first = Math.min(size - 1, Math.floor((i * size) / cells));
  return [first, Math.max(first + 1, Math.floor(((i + 1) * size) / cells))];
}

/**
 * Test images that look like an image that was trained on: near-copies, which the content hash takes for different. The
 * test of such an image is no test. Compares the hashes of every pair, up to a bound, beyond which the first images of both
 * stand for all; pictures with like hashes are one where their greys are.
 */
export async function findLookAlikes(
  test: Thumbprints,
  train: Split,
  signal: AbortSignal,
): Promise<NonNullable<Report['lookAlikes']>> {
  const share = Math.min(1, Math.sqrt(MAX_PAIRS / Math.max(1, test.count * train.length)));
  const testImages = Math.ceil(test.count * share);
  const hashes = new Uint32Array(Math.ceil(train.length * share) * 2);
  await eachImage(train, hashes.length / 2, signal, (pixels, i) =>
    hashes.set(differenceHash(pixels, train.imageSize), i * 2),
  );
  const found: NonNullable<Report['lookAlikes']> = {
    train: hashes.length / 2,
    test: testImages,
    found: 0,
    pairs: [],
  };
  const pixels = new Uint8Array(train.imageSize ** 2 * 3);
  for (let t = 0; t < testImages; t++) {
    if (t % READ_AT_ONCE === 0) await stayResponsive(signal);
    const picture = test.fine.subarray(t * FINE * FINE, (t + 1) * FINE * FINE);
    for (const i of likeHashes(test.hashes.subarray(t * 2, t * 2 + 2), hashes)) {
      await train.read([i], pixels);
      if (correlation(picture, greys(pixels, train.imageSize, FINE, FINE)) < SAME) continue;
      found.found++;
      if (found.pairs.length < SHOWN) found.pairs.push({ train: i, test: t });
      break;
    }
  }
  return found;
}

/** Places of the first hashes that are nearly this one. */
function likeHashes([low, high]: Uint32Array, hashes: Uint32Array): number[] {
  const edges = bitsOf(low) + bitsOf(high);
  const places: number[] = [];
  if (edges < FEWEST_EDGES || edges > 64 - FEWEST_EDGES) return places;
  for (let i = 0; i < hashes.length && places.length < MAX_CANDIDATES; i += 2) {
    if (bitsOf(low ^ hashes[i]) + bitsOf(high ^ hashes[i + 1]) <= MAX_BITS) places.push(i / 2);
  }
  return places;
}

/** In words; `undefined` where nothing was found. */
export function lookAlikeWarning({ found, test }: NonNullable<Report['lookAlikes']>): string | undefined {
  if (found === 0) return undefined;
  return (
    `${found} of ${test} test images look like a training image (perceptual hash): where they are copies of one ` +
    'photo, the test flatters. The report names some of them; keep copies on one side of the split'
  );
}

async function eachImage(
  split: Split,
  count: number,
  signal: AbortSignal,
  see: (pixels: Uint8Array, i: number) => void,
): Promise<void> {
  const bytes = split.imageSize ** 2 * 3;
  const pixels = new Uint8Array(Math.min(count, READ_AT_ONCE) * bytes);
  for (let first = 0; first < count; first += READ_AT_ONCE) {
    await stayResponsive(signal);
    const indices = Array.from({ length: Math.min(READ_AT_ONCE, count - first) }, (_, i) => first + i);
    await split.read(indices, pixels);
    indices.forEach((index, i) => see(pixels.subarray(i * bytes, (i + 1) * bytes), index));
  }
}

/** Pearson's correlation; 0 where one of the two has no contrast. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - meanA) * (b[i] - meanB);
    ofA += (a[i] - meanA) ** 2;
    ofB += (b[i] - meanB) ** 2;
  }
  return ofA === 0 || ofB === 0 ? 0 : both / Math.sqrt(ofA * ofB);
}

/** How many bits of 32 are set. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
