import { bitsOf } from './difference-hash.js';

/** Bits of 64 in which two hashes of one picture may differ: it was stored anew, resized, or made a little lighter. */
export const MAX_BITS = 4;
/** One more than bits that may differ: of two hashes as near as that, one part at least is the same. */
const PARTS = MAX_BITS + 1;
/** Bits of a part, at most. */
const PART_BITS = 13;

/**
 * Hashes of 64 bits, in which those near to another are found without looking at all of them: each is listed under its
 * five parts, and a near one stands in the list of one of the other's parts (Manku, Jain & Das Sarma, "Detecting
 * near-duplicates for web crawling", 2007).
 */
export class HashIndex {
  private readonly lists: readonly PartLists[];

  /** @param hashes two words each */
  constructor(private readonly hashes: Uint32Array) {
    this.lists = Array.from({ length: PARTS }, (_, part) => listsOf(hashes, part));
  }

  /**
   * Places of hashes that differ from this one in `MAX_BITS` at most, ascending: the first `most` of all that there are.
   * Looks at no more of a list when it has found as many in it, so that a thousand alike cost no more than a few.
   */
  near(low: number, high: number, most: number): number[] {
    const found = new Set<number>();
    this.lists.forEach(({ starts, places }, part) => {
      const value = partOf(low, high, part);
      let left = most;
      for (let at = starts[value]; at < starts[value + 1] && left > 0; at++) {
        const place = places[at];
        if (bitsOf(low ^ this.hashes[place * 2]) + bitsOf(high ^ this.hashes[place * 2 + 1]) > MAX_BITS) continue;
        found.add(place);
        left--;
      }
    });
    return [...found].sort((a, b) => a - b).slice(0, most);
  }
}

interface PartLists {
  /** Where the list of each value begins, and after the last one its end. */
  starts: Uint32Array;
  /** The lists, one after the other, each ascending. */
  places: Uint32Array;
}

/** Sorts places by one of the parts of their hashes, by counting. */
function listsOf(hashes: Uint32Array, part: number): PartLists {
  const count = hashes.length / 2;
  const starts = new Uint32Array(2 ** PART_BITS + 1);
  for (let place = 0; place < count; place++) starts[partOf(hashes[place * 2], hashes[place * 2 + 1], part) + 1]++;
  for (let value = 1; value < starts.length; value++) starts[value] += starts[value - 1];
  const next = starts.slice();
  const places = new Uint32Array(count);
  for (let place = 0; place < count; place++) {
    places[next[partOf(hashes[place * 2], hashes[place * 2 + 1], part)]++] = place;
  }
  return { starts, places };
}

/** Bits 0 to 12, 13 to 25, 26 to 38, 39 to 51 or 52 to 63 of a hash. */
function partOf(low: number, high: number, part: number): number {
  const first = part * PART_BITS;
  if (first >= 32) return (high >>> (first - 32)) & (2 ** PART_BITS - 1);
  return ((low >>> first) | (first > 32 - PART_BITS ? high << (32 - first) : 0)) & (2 ** PART_BITS - 1);
}
