import { describe, expect, it } from 'vitest';
import { minimise } from './minimise.js';

describe('minimise', () => {
  it.each([
    // Minima known by hand.
    ['a parabola', (x: number) => (x - 2) ** 2 + 1, -10, 10, 2],
    ['what is flat around its minimum', (x: number) => (x - 1) ** 4, -3, 7, 1],
    ['x · ln x', (x: number) => x * Math.log(x), 1e-6, 5, 1 / Math.E],
    ['a kink', (x: number) => Math.abs(x - 0.3), -1, 1, 0.3],
  ])('finds the minimum of %s', (_, f, lower, upper, at) => {
    expect(minimise(f, lower, upper).x).toBeCloseTo(at, 2);
    expect(minimise(f, lower, upper).value).toBeCloseTo(f(at), 8);
  });

  it('needs few looks where a parabola fits', () => {
    let looks = 0;
    const { x } = minimise((at) => (looks++, Math.cosh(at - 0.7)), -5, 5);
    expect(x).toBeCloseTo(0.7, 6);
    expect(looks).toBeLessThan(40);
  });

  it('goes to the end where a function only falls', () => {
    expect(minimise((x) => -x, 0, 3).x).toBeCloseTo(3, 6);
  });
});
