import { describe, expect, it } from 'vitest';
import { latencyOf, quantile } from './latency.js';
import { timeBudget } from './time-budget.js';

const { signal } = new AbortController();

describe('latencyOf', () => {
  it('times as many passes as were asked for, after some that are not timed', async () => {
    let looks = 0;
    const found = await latencyOf(() => looks++, 32, 8, { budget: timeBudget(60), signal });
    expect(found).toMatchObject({ batch: 32, runs: 8 });
    expect(found!.p95Ms).toBeGreaterThanOrEqual(found!.p50Ms);
    expect(looks).toBe(11);
  });

  it('says nothing where there is no time', async () => {
    expect(await latencyOf(() => {}, 1, 8, { budget: timeBudget(0), signal })).toBeUndefined();
  });
});

it('quantile is linear between two values, as in numpy', () => {
  // numpy.quantile([4, 1, 3, 2], [0.5, 0.95, 1])
  expect([0.5, 0.95, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([2.5, expect.closeTo(3.85, 10), 4]);
});
