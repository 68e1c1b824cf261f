import { describe, expect, it } from 'vitest';
import { DINOV2_C, lambdaGrid } from './lambda-grid.js';

describe('lambdaGrid', () => {
  it("has DINOv2's 45 values of C", () => {
    // numpy.logspace(-6, 5, 45)
    expect(DINOV2_C).toHaveLength(45);
    [
      [0, 1e-6],
      [1, 1.7782794100389227e-6],
      [22, 0.31622776601683794],
      [24, 1],
      [44, 1e5],
    ].forEach(([place, c]) => expect(DINOV2_C[place] / c).toBeCloseTo(1, 12));
  });

  it('makes λ = 1 / (C · n) of them, and keeps C for the final fit', () => {
    const grid = lambdaGrid({ lambda: 'dinov2' }, 10);
    const lambdas = grid.lambdas(90);
    expect(lambdas).toHaveLength(grid.length);
    expect(lambdas[24]).toBeCloseTo(1 / 90, 12);
    expect(lambdas[0]).toBeGreaterThan(lambdas[44]);
    expect(grid.lambdaAt(24, 100)).toBeCloseTo(0.01, 12);
    expect(grid.cAt(24)).toBeCloseTo(1, 12);
  });

  it('ends where six weaker λ in a row were no better', () => {
    const grid = lambdaGrid({ lambda: 'dinov2' }, 10);
    expect(grid.isOver(10, 4)).toBe(false);
    expect(grid.isOver(11, 4)).toBe(true);
    expect(lambdaGrid({ lambda: [1, 2, 3] }, 10).isOver(3, 0)).toBe(false);
  });

  it('takes given λ as they are, the strongest first', () => {
    const grid = lambdaGrid({ lambda: [0.01, 1, 0] }, 0);
    expect(grid.lambdas(50)).toEqual([1, 0.01, 0]);
    expect(grid.lambdaAt(1, 70)).toBe(0.01);
    expect(grid.cAt(1)).toBeUndefined();
    expect(lambdaGrid({ lambda: 0.3 }, 0).lambdas(5)).toEqual([0.3]);
  });

  it('has no choice without validation images', () => {
    expect(() => lambdaGrid({ lambda: 'dinov2' }, 0)).toThrow(
      expect.objectContaining({ name: 'UserError', field: 'regularization.lambda' }),
    );
  });
});
