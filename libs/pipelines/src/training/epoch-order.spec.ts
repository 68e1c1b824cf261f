import { describe, expect, it } from 'vitest';
import { permutation } from '#datasets';
import { epochOrder } from './epoch-order.js';

describe('epochOrder', () => {
  /** 40, 8 and 3 images of the classes 0, 2 and 5. */
  const labels = Int32Array.from([...Array(40).fill(0), ...Array(8).fill(2), ...Array(3).fill(5)] as number[]);
  const balanced = (seed: number, epoch: number) => epochOrder(labels, 'balanced', { seed, epoch });
  const count = (values: Iterable<number>): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };

  it('shuffled, is the permutation of (seed, epoch)', () => {
    expect(epochOrder(labels, 'shuffled', { seed: 3, epoch: 4 })).toEqual(permutation(51, 3, 4));
  });

  it('balanced, has every class equally often in an epoch of the same length', () => {
    for (const epoch of [0, 1, 7]) {
      const order = balanced(1, epoch);
      expect(order).toHaveLength(51);
      expect(count(order.map((place) => labels[place]))).toEqual(new Map([...count([0, 2, 5])].map(([c]) => [c, 17])));
    }
  });

  it('differs by one where the classes do not divide the images', () => {
    const counts = [...count(epochOrder(labels.slice(0, 50), 'balanced', { seed: 1, epoch: 3 }).map((p) => labels[p]))];
    expect(counts.map(([, times]) => times).sort()).toEqual([16, 17, 17]);
  });

  it('draws every image of a class equally often over the epochs', () => {
    const epochs = 9;
    const drawn = count(Array.from({ length: epochs }, (_, epoch) => [...balanced(2, epoch)]).flat());
    const timesOf = (label: number) =>
      [...drawn].filter(([place]) => labels[place] === label).map(([, times]) => times);
    // 9 · 17 = 153 draws of each class.
    expect([Math.min(...timesOf(0)), Math.max(...timesOf(0))]).toEqual([3, 4]);
    expect([Math.min(...timesOf(2)), Math.max(...timesOf(2))]).toEqual([19, 20]);
    expect([Math.min(...timesOf(5)), Math.max(...timesOf(5))]).toEqual([51, 51]);
    expect(drawn.size).toBe(51);
  });

  it('depends on seed and epoch alone, and mixes the classes', () => {
    expect(balanced(1, 5)).toEqual(balanced(1, 5));
    expect(balanced(1, 5)).not.toEqual(balanced(1, 6));
    expect(balanced(1, 5)).not.toEqual(balanced(2, 5));
    const inARow = balanced(1, 5).filter((place, i, order) => i > 0 && labels[place] === labels[order[i - 1]]).length;
    expect(inARow).toBeGreaterThan(5);
  });
});
