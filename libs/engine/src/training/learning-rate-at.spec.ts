import { describe, expect, it } from 'vitest';
import { type LearningRateSchedule, learningRateAt } from './learning-rate-at.js';
import { expectClose, golden } from './pytorch.contract.js';

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

  const { epochs, milestones, gamma, ...expected } = golden.schedules;
  it.each<LearningRateSchedule>([
    { kind: 'cosine', warmupEpochs: 0 },
    { kind: 'linear', warmupEpochs: 0 },
    { kind: 'step', warmupEpochs: 0, milestones, gamma },
  ])('is what PyTorch has: $kind', (schedule) => {
    const factors = expected[schedule.kind as keyof typeof expected].map((_, epoch) =>
      learningRateAt(schedule, epoch, 1, epochs),
    );
    expectClose(factors, expected[schedule.kind as keyof typeof expected]);
  });

  it('counts milestones from the start of the training, warm-up included, and may pass them within an epoch', () => {
    const at = (step: number) =>
      learningRateAt({ kind: 'step', warmupEpochs: 1, milestones: [2, 2.5], gamma: 0.5 }, step, 4, 3);
    expect([3, 4, 7, 8, 9, 10, 11].map(at)).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
  });
});
