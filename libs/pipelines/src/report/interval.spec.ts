import { describe, expect, it } from 'vitest';
import { differenceOfShares, wilson } from './interval.js';

describe('wilson', () => {
  // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('has for %d of %d the interval that Newcombe prints', (right, images, lower, upper) => {
    const found = wilson(right, images);
    expect(found[0]).toBeCloseTo(lower, 4);
    expect(found[1]).toBeCloseTo(upper, 4);
  });

  it('knows nothing of no images', () => {
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});

describe('differenceOfShares', () => {
  // Newcombe (1998), "Interval estimation for the difference between independent proportions", table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
  ])('has for %d of %d and %d of %d the interval that Newcombe prints', (a, m, b, n, lower, upper) => {
    const { difference, interval } = differenceOfShares({ right: a, images: m }, { right: b, images: n });
    expect(difference).toBeCloseTo(a / m - b / n, 12);
    expect(interval[0]).toBeCloseTo(lower, 4);
    expect(interval[1]).toBeCloseTo(upper, 4);
  });
});
