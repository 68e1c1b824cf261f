import { describe, expect, it } from 'vitest';
import { smooth } from './smoothing.js';

describe('smoothing', () => {
  it('leaves the curve as it is at weight 0', () => {
    expect(smooth([3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('keeps a constant constant from its first point on', () => {
    for (const value of smooth([5, 5, 5, 5], 0.9)) expect(value).toBeCloseTo(5, 12);
  });

  it('weighs the newest point most (1/3 · 0 + 2/3 · 3 at weight 1/2)', () => {
    expect(smooth([0, 3], 0.5)[1]).toBeCloseTo(2, 12);
  });

  it('keeps gaps', () => {
    expect(smooth([1, null, 1], 0.5)[1]).toBeNull();
  });
});
