import { describe, expect, it } from 'vitest';
import { learningRateAt } from './learning-rate-at.js';

describe('learningRateAt', () => {
  it('stays at 1 when it is constant', () => {
    expect([0, 5, 99].map((step) => learningRateAt({ kind: 'constant', warmupEpochs: 0 }, step, 10, 10))).toEqual([
      1, 1, 1,
    ]);
  });

  it('falls along half a cosine: 1 at the start, 1/2 in the middle, 0 at the end', () => {
    const at = (step: number) => learningRateAt({ kind: 'cosine', warmupEpochs: 0 }, step, 10, 10);
    expect(at(0)).toBe(1);
    expect(at(50)).toBeCloseTo(0.5, 12);
    expect(at(100)).toBeCloseTo(0, 12);
    expect(at(1000)).toBeCloseTo(0, 12);
  });

  it('rises in equal steps during the warm-up and starts the cosine at its end', () => {
    const at = (step: number) => learningRateAt({ kind: 'cosine', warmupEpochs: 0.5 }, step, 8, 4);
    expect([0, 1, 2, 3, 4].map(at)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(at(4 + 14)).toBeCloseTo(0.5, 12);
  });

  it('only warms up where the warm-up is as long as the training', () => {
    const at = (step: number) => learningRateAt({ kind: 'cosine', warmupEpochs: 9 }, step, 2, 2);
    expect([0, 1, 2, 3].map(at)).toEqual([0.25, 0.5, 0.75, 1]);
  });
});
