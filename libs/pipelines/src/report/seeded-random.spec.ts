import { expect, it } from 'vitest';
import { normalFrom, seededUniform } from './seeded-random.js';

const take = (next: () => number, count: number) => Array.from({ length: count }, next);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

it('gives the same numbers for the same seed and purpose, and others for others', () => {
  const of = (seed: number, purpose: string) => take(seededUniform(seed, purpose), 4);
  expect(of(1, 'noise')).toEqual(of(1, 'noise'));
  expect(of(2, 'noise')).not.toEqual(of(1, 'noise'));
  expect(of(1, 'start')).not.toEqual(of(1, 'noise'));
});

it('is uniform in [0, 1), and normal with mean 0 and variance 1', () => {
  const uniform = take(seededUniform(3, 'u'), 20_000);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  // Standard errors: √(1/12) / √20000 = 0.002, and for the normal's mean and variance 0.007 and 0.01.
  expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(0.01);
  const normal = take(normalFrom(seededUniform(3, 'n')), 20_000);
  expect(Math.abs(mean(normal))).toBeLessThan(0.03);
  expect(Math.abs(mean(normal.map((value) => value ** 2)) - 1)).toBeLessThan(0.05);
});
