import { describe, expect, it } from 'vitest';
import { permutation } from './permutation.js';

describe('permutation', () => {
  it('holds every number once', () => {
    for (const length of [0, 1, 2, 1000]) {
      expect([...permutation(length, 7, 3)].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    }
  });

  it('is a pure function of seed and epoch', () => {
    expect(permutation(100, 1, 2)).toEqual(permutation(100, 1, 2));
    const orders = [permutation(100, 1, 2), permutation(100, 1, 3), permutation(100, 2, 2), permutation(100, 2, 1)];
    expect(new Set(orders.map(String)).size).toBe(4);
  });

  it('puts every number at every place equally often', () => {
    const draws = 6000;
    const counts = Array.from({ length: 6 }, () => new Array<number>(6).fill(0));
    for (let seed = 0; seed < draws; seed++) permutation(6, seed, 0).forEach((value, place) => counts[place][value]++);
    // Pearson's χ² over 36 cells with 25 degrees of freedom: 52.6 is its 99.9th percentile.
    const expected = draws / 6;
    const chiSquared = counts.flat().reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(52.6);
  });
});
