import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { lbfgs, type SmoothFunction } from './lbfgs.js';

const exact = { tolerance: 1e-9, maxIterations: 500 };

/** Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960: least, 0, at (1, 1). */
const rosenbrock: SmoothFunction = ([x, y], gradient) => {
  gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x);
  gradient[1] = 200 * (y - x * x);
  return 100 * (y - x * x) ** 2 + (1 - x) ** 2;
};

/** ½ · Σ aᵢ (xᵢ − bᵢ)² */
function bowl(a: number[], b: number[]): SmoothFunction {
  return (x, gradient) => {
    let value = 0;
    for (let i = 0; i < a.length; i++) {
      gradient[i] = a[i] * (x[i] - b[i]);
      value += (a[i] / 2) * (x[i] - b[i]) ** 2;
    }
    return value;
  };
}

describe('lbfgs', () => {
  it('finds the end of a curved valley', async () => {
    const { x, value, converged } = await lbfgs(rosenbrock, Float64Array.of(-1.2, 1), exact);
    expect(converged).toBe(true);
    expectClose(x, [1, 1], 1e-8);
    expect(value).toBeLessThan(1e-16);
  });

  it('finds the least of an ill-conditioned quadratic', async () => {
    const a = Array.from({ length: 20 }, (_, i) => 10 ** (i / 5));
    const b = a.map((_, i) => Math.sin(i));
    const { x, converged } = await lbfgs(bowl(a, b), new Float64Array(20), exact);
    expect(converged).toBe(true);
    expectClose(x, b, 1e-8);
  });

  it('finds the soft threshold where there is an l1 term', async () => {
    // Least of a/2·(x − b)² + l·|x|, by hand: sign(b) · max(0, |b| − l/a).
    const [a, b] = [
      [1, 2, 4, 1, 8, 1],
      [3, -1, 0.2, -0.5, -2, 0],
    ];
    const l1 = Float64Array.of(1, 1, 1, 1, 0, 1);
    for (const start of [0, 5, -5]) {
      const { x, converged } = await lbfgs(bowl(a, b), new Float64Array(6).fill(start), { ...exact, l1 });
      expect(converged).toBe(true);
      expectClose(x, [2, -0.5, 0, 0, -2, 0], 1e-8);
      // Zeros are exact: that is what l1 is for.
      expect([x[2], x[3], x[5]].map(Math.abs)).toEqual([0, 0, 0]);
    }
  });

  it('is where it began if that is the least already', async () => {
    const at = Float64Array.of(1, 1);
    expect(await lbfgs(rosenbrock, at, exact)).toMatchObject({ x: at, value: 0, iterations: 0, converged: true });
  });

  it('says that it did not get there in time, and never moves the start it was given', async () => {
    const start = Float64Array.of(-1.2, 1);
    const { iterations, converged, value } = await lbfgs(rosenbrock, start, { tolerance: 1e-9, maxIterations: 3 });
    expect([iterations, converged]).toEqual([3, false]);
    expect(value).toBeLessThan(24.2); // f(−1.2, 1)
    expect([...start]).toEqual([-1.2, 1]);
  });

  it('gives up where the function cannot be told apart from a flat one', async () => {
    // Its gradient is wrong: no step decreases the value.
    const wrong: SmoothFunction = ([x], gradient) => {
      gradient[0] = -1;
      return Math.abs(x);
    };
    const { converged, x } = await lbfgs(wrong, Float64Array.of(0), exact);
    expect([converged, x[0]]).toEqual([false, 0]);
  });

  it('tells falling values, and ends with what its observer throws', async () => {
    const values: number[] = [];
    await lbfgs(rosenbrock, Float64Array.of(-1.2, 1), { ...exact, onIteration: (_, value) => void values.push(value) });
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const onIteration = (iteration: number) => {
      if (iteration === 2) throw new Error('cancelled');
    };
    const cancelled = lbfgs(rosenbrock, Float64Array.of(-1.2, 1), { ...exact, onIteration });
    await expect(cancelled).rejects.toThrow('cancelled');
  });
});
