import { describe, expect, it } from 'vitest';
import { plotScale } from './plot-scale.js';

describe('plotScale', () => {
  it('has room for every mean and interval', () => {
    const place = plotScale([
      { mean: 2, interval: [1, 3] },
      { mean: 5, interval: null },
    ]);
    expect([1, 3, 5].map(place)).toEqual([2, 50, 98]);
  });

  it('puts what does not differ into the middle', () => {
    expect(plotScale([{ mean: 0.5, interval: [0.5, 0.5] }])(0.5)).toBe(50);
  });
});
