import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Program } from '#engine';
import { recording } from '../../../../test/pipelines/toy.js';
import type { Sums } from './running-sums.js';
import { trainingCurve } from './training-curve.js';

const PROGRAM = {} as Program;
/** Sums of a training whose loss is 2 at each step, of four images that are all answered rightly. */
function sumsOf(lossOfStep: (step: number) => number = () => 2, divergenceOfStep: typeof lossOfStep = () => 1) {
  let step = 0;
  let since: Sums = { loss: 0, divergence: 0, correct: 0, labelled: 0 };
  return {
    add: () => {
      const { loss, divergence, correct, labelled } = since;
      since = {
        ...{ loss: loss + lossOfStep(step), divergence: divergence + divergenceOfStep(step) },
        ...{ correct: correct + 4, labelled: labelled + 4 },
      };
      step++;
    },
    look: () => since,
    take: () => {
      const found = since;
      since = { loss: 0, divergence: 0, correct: 0, labelled: 0 };
      return found;
    },
  };
}

describe('trainingCurve', () => {
  afterEach(() => vi.restoreAllMocks());

  const steps = (count: number, stepsPerEpoch: number, { firstStep = 0, sums = sumsOf() } = {}) => {
    const context = recording('.');
    const curve = trainingCurve(sums, stepsPerEpoch, firstStep, context);
    for (let step = firstStep + 1; step <= firstStep + count; step++) {
      sums.add();
      curve.afterStep(PROGRAM, { step, learningRate: 0.1 });
    }
    return { curve, points: context.points };
  };

  it('says the means of a tenth of an epoch, each epoch from its beginning', () => {
    const { points } = steps(50, 25);
    // Every third step, which is a tenth of 25, rounded, and the last one of an epoch.
    expect(points.map(({ step }) => step)).toEqual([
      3, 6, 9, 12, 15, 18, 21, 24, 25, 28, 31, 34, 37, 40, 43, 46, 49, 50,
    ]);
    for (const { values } of points) expect(values).toEqual({ 'train.loss': 2, 'train.top1': 1, learningRate: 0.1 });
  });

  it('says the mean so far where a tenth of an epoch takes long', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 6000));
    const { points } = steps(10, 100);
    expect(points.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { values } of points) expect(values['train.loss']).toBe(2);
  });

  it('names the steps, from the last look on, one of whose losses is no number', () => {
    const sums = sumsOf((step) => (step === 3 ? NaN : 1));
    expect(() => steps(10, 20, { sums })).toThrow(/the loss is NaN at a step from 2 to 3 \(learning rate 0.1\)/);
    const { curve } = steps(1, 20, { firstStep: 40, sums: sumsOf(() => NaN) });
    expect(() => curve.check(PROGRAM, { step: 41, learningRate: 0.1 })).toThrow(/the loss is NaN at step 40/);
  });

  it('finds a divergence whose mean is below zero, which a positive loss hides', () => {
    const sums = sumsOf(undefined, (step) => (step < 4 ? 0 : -0.5));
    expect(() => steps(10, 20, { sums })).toThrow('the divergence of teacher and student, before step 6, is -0.5000');
    expect(() => steps(10, 20, { sums: sumsOf(undefined, () => -1e-6) })).not.toThrow();
    const { curve } = steps(1, 20, { firstStep: 40, sums: sumsOf(undefined, () => -0.5) });
    expect(() => curve.check(PROGRAM, { step: 41, learningRate: 0.1 })).toThrow(/below zero/);
  });
});
