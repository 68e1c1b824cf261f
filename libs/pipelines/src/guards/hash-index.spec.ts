import { describe, expect, it } from 'vitest';
import { seededUniform } from '../report/seeded-random.js';
import { bitsOf } from './difference-hash.js';
import { HashIndex, MAX_BITS } from './hash-index.js';

const uniform = seededUniform(7, 'hashes');
const word = () => Math.floor(uniform() * 2 ** 32) >>> 0;
/** A hash with so many of its bits turned, anywhere. */
function turned([low, high]: readonly number[], bits: number): number[] {
  const words = Uint32Array.of(low, high);
  const places = new Set<number>();
  while (places.size < bits) places.add(Math.floor(uniform() * 64));
  for (const place of places) words[place >> 5] ^= 1 << (place & 31);
  return [...words];
}
const differing = (a: readonly number[], b: readonly number[]) => bitsOf(a[0] ^ b[0]) + bitsOf(a[1] ^ b[1]);

describe('HashIndex', () => {
  it('finds exactly what comparing with every hash finds, whichever bits differ', () => {
    const originals = Array.from({ length: 40 }, () => [word(), word()]);
    // Ten to forty around each original, at distances on both sides of the limit, and as many that are near none.
    const hashes = originals.flatMap((original, i) =>
      Array.from({ length: 10 + (i % 4) * 10 }, () => turned(original, Math.floor(uniform() * 8))),
    );
    hashes.push(...Array.from({ length: 1000 }, () => [word(), word()]));
    hashes.sort(([a], [b]) => a - b);
    const index = new HashIndex(Uint32Array.from(hashes.flat()));
    const found = { near: 0, cut: 0 };
    for (const asked of originals.flatMap((original) => [0, 1, 2, 3, 4].map((bits) => turned(original, bits)))) {
      const near = hashes.flatMap((hash, place) => (differing(hash, asked) <= MAX_BITS ? [place] : []));
      for (const most of [1, 16, 1000]) expect(index.near(asked[0], asked[1], most)).toEqual(near.slice(0, most));
      found.near += near.length;
      if (near.length > 16) found.cut++;
    }
    // The test is worth something: there was much to find, and more than was asked for.
    expect(found.near).toBeGreaterThan(1000);
    expect(found.cut).toBeGreaterThan(10);
  });

  it('finds a hash whichever four of its bits differ, and none of which five do', () => {
    const original = [word(), word()];
    const index = new HashIndex(Uint32Array.from(original));
    for (let i = 0; i < 2000; i++) {
      const [copy, another] = [turned(original, 4), turned(original, 5)];
      expect(index.near(copy[0], copy[1], 16)).toEqual([0]);
      expect(index.near(another[0], another[1], 16)).toEqual([]);
    }
  });

  it('finds nothing among none', () => {
    expect(new HashIndex(new Uint32Array(0)).near(word(), word(), 16)).toEqual([]);
  });

  it('looks at few of very many that are alike', () => {
    const [low, high] = [word(), word()];
    const hashes = Uint32Array.from({ length: 400_000 }, (_, i) => (i % 2 === 0 ? low ^ (1 << (i % 32)) : high));
    const index = new HashIndex(hashes);
    // Ten thousand times 200,000 comparisons would take minutes, and the test would not end in time.
    let found = 0;
    for (let i = 0; i < 10_000; i++) found += index.near(low, high, 16).length;
    expect(found).toBe(160_000);
  });
});
