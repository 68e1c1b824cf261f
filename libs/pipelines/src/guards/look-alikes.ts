import { lookAlikeWords, type Report } from '#contracts';
import type { Split } from '#datasets';
import { timeBudget, type TimeBudget } from '../report/time-budget.js';
import { stayResponsive } from '../stay-responsive.js';
import { bitsOf, differenceHash, greys } from './difference-hash.js';
import { HashIndex } from './hash-index.js';

type LookAlikes = NonNullable<Report['lookAlikes']>;

/** Shades that tell whether two pictures with like hashes are one, on each side. */
const FINE = 32;
/** Images that are looked at more closely for each test image, at most. */
const MAX_CANDIDATES = 16;
/** Correlation of the two pictures' greys from which they are one: two scans of the digit 1 have less. */
const SAME = 0.985;
/** A picture with fewer edges than this, such as an empty one, resembles too much. */
const FEWEST_EDGES = 8;
const READ_AT_ONCE = 256;
/** Test images that share what is looked at more closely. */
const COMPARED_AT_ONCE = 2048;
const SHOWN = 10;
/** Half of it to read the images, half to compare them. */
export const LOOK_ALIKE_SECONDS = 60;

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

  /** The grey picture of the image at a place. */
  picture(place: number): Uint8Array {
    return this.fine.subarray(place * FINE * FINE, (place + 1) * FINE * FINE);
  }
}

/** An image that a test image is a copy of: its place in its split. */
type Copied = Omit<LookAlikes['pairs'][number], 'test'>;

/** A split's images among all that the test images are compared with: those from place `first` on, `count` of them. */
interface Seen {
  split: Split;
  first: number;
  count: number;
}

/**
 * Test images that look like an image that was trained on or chosen by: near-copies, which the content hash takes for
 * different. The test of such an image is no test. Pictures with like hashes are one where their greys are. Where there
 * is no time for all, those that come first are compared, and the counts say how many.
 * @param splits those that the run has used, each with another name
 * @throws the abort signal's reason
 */
export async function findLookAlikes(
  test: Thumbprints,
  splits: readonly Split[],
  signal: AbortSignal,
  maxSeconds = LOOK_ALIKE_SECONDS,
): Promise<LookAlikes> {
  const found: LookAlikes = { train: 0, validation: 0, unlabelled: 0, test: 0, found: 0, pairs: [] };
  const { hashes, seen } = await hashesOf(splits, timeBudget(maxSeconds / 2), signal);
  for (const { split, count } of seen) found[split.name] = count;
  const index = new HashIndex(hashes);
  const comparing = timeBudget(maxSeconds / 2);
  while (found.test < test.count && !comparing.isSpent()) {
    const end = Math.min(found.test + COMPARED_AT_ONCE, test.count);
    const copies = await copiesOf(test, [found.test, end], index, seen, signal);
    for (const [place, copy] of [...copies].sort(([a], [b]) => a - b)) {
      found.found++;
      if (found.pairs.length < SHOWN) found.pairs.push({ ...copy, test: place });
    }
    found.test = end;
  }
  return found;
}

/** Two words of each image, the splits' one after the other. */
async function hashesOf(
  splits: readonly Split[],
  budget: TimeBudget,
  signal: AbortSignal,
): Promise<{ hashes: Uint32Array; seen: Seen[] }> {
  const hashes = new Uint32Array(splits.reduce((sum, { length }) => sum + length, 0) * 2);
  const seen: Seen[] = [];
  let place = 0;
  for (const split of splits) {
    const first = place;
    const all = Int32Array.from({ length: split.length }, (_, i) => i);
    await eachImage(split, all, signal, budget, (pixels) => {
      hashes.set(differenceHash(pixels, split.imageSize), place * 2);
      place++;
    });
    seen.push({ split, first, count: place - first });
  }
  return { hashes: hashes.subarray(0, place * 2), seen };
}

/** Of some of the test images, by their place, the first image that is a copy of it. */
async function copiesOf(
  test: Thumbprints,
  [from, to]: readonly [number, number],
  index: HashIndex,
  seen: readonly Seen[],
  signal: AbortSignal,
): Promise<Map<number, Copied>> {
  /** Places among the images that were seen → the test images that have like hashes. */
  const candidates = new Map<number, number[]>();
  for (let t = from; t < to; t++) {
    if (t % READ_AT_ONCE === 0) await stayResponsive(signal);
    const [low, high] = test.hashes.subarray(t * 2, t * 2 + 2);
    const edges = bitsOf(low) + bitsOf(high);
    if (edges < FEWEST_EDGES || edges > 64 - FEWEST_EDGES) continue;
    for (const place of index.near(low, high, MAX_CANDIDATES)) {
      const known = candidates.get(place);
      if (known === undefined) candidates.set(place, [t]);
      else known.push(t);
    }
  }
  const copies = new Map<number, Copied>();
  const places = [...candidates.keys()].sort((a, b) => a - b);
  for (const { split, first, count } of seen) {
    const own = Int32Array.from(
      places.filter((place) => place >= first && place < first + count),
      (place) => place - first,
    );
    await eachImage(split, own, signal, undefined, (pixels, i) => {
      const picture = greys(pixels, split.imageSize, FINE, FINE);
      for (const t of candidates.get(first + i)!) {
        if (!copies.has(t) && correlation(test.picture(t), picture) >= SAME) copies.set(t, { [split.name]: i });
      }
    });
  }
  return copies;
}

/** In words; `undefined` where nothing was found. */
export function lookAlikeWarning(lookAlikes: LookAlikes): string | undefined {
  if (lookAlikes.found === 0) return undefined;
  return (
    `${lookAlikeWords(lookAlikes)} (perceptual hash): where they are copies of one photo, the test flatters. The report ` +
    'names some of them; keep copies on one side of the split'
  );
}

/** Shows images, in the order of their indices, until the budget is spent. */
async function eachImage(
  split: Split,
  indices: Int32Array,
  signal: AbortSignal,
  budget: TimeBudget | undefined,
  see: (pixels: Uint8Array, index: number) => void,
): Promise<void> {
  const bytes = split.imageSize ** 2 * 3;
  const pixels = new Uint8Array(Math.min(indices.length, READ_AT_ONCE) * bytes);
  for (let first = 0; first < indices.length && budget?.isSpent() !== true; first += READ_AT_ONCE) {
    await stayResponsive(signal);
    const some = indices.subarray(first, first + READ_AT_ONCE);
    await split.read(some, pixels);
    some.forEach((index, i) => see(pixels.subarray(i * bytes, (i + 1) * bytes), index));
  }
}

/** Pearson's correlation; 0 where one of the two has no contrast. Of bytes, all sums are exact. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  let [ofA, ofB, ofSquaresA, ofSquaresB, ofProducts] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]];
    ofA += x;
    ofB += y;
    ofSquaresA += x * x;
    ofSquaresB += y * y;
    ofProducts += x * y;
  }
  const contrast = (a.length * ofSquaresA - ofA * ofA) * (a.length * ofSquaresB - ofB * ofB);
  return contrast === 0 ? 0 : (a.length * ofProducts - ofA * ofB) / Math.sqrt(contrast);
}
