import { describe, expect, it } from 'vitest';
import { plotScale } from './plot-scale.js';

describe('plotScale', () => {
  it('has room for every mean and interval, and for what else must be on it', () => {
    const results = [
      { mean: 2, interval: [1, 3] as const },
      { mean: 5, interval: null },
    ];
    expect([1, 3, 5].map(plotScale(results).place)).toEqual([2, 50, 98]);
    expect([0, 5].map(plotScale(results, [0]).place)).toEqual([2, 98]);
  });

  it('puts what does not differ into the middle', () => {
    const { place, ticks } = plotScale([{ mean: 0.5, interval: [0.5, 0.5] }]);
    expect([place(0.5), ticks]).toEqual([50, [0.5]]);
  });

  it.each([
    [
      [0.712, 0.941],
      [0.75, 0.8, 0.85, 0.9],
    ],
    [
      [-0.75, 3.25],
      [0, 1, 2, 3],
    ],
    [
      [80, 80.04],
      [80, 80.01, 80.02, 80.03, 80.04],
    ],
  ])('marks round values from %j', ([low, high], ticks) => {
    expect(plotScale([{ mean: low, interval: [low, high] }]).ticks).toEqual(ticks);
  });

  it('has no marks without values', () => expect(plotScale([]).ticks).toEqual([]));
});
