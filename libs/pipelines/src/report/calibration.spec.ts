import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { golden } from '../../../../test/golden/report.js';
import { probabilitiesOf } from '../classifier/probabilities.js';
import { calibratedness, calibrationOf } from './calibration.js';
import { evaluate } from './evaluation.js';

const { classes, labels, before, after, temperature, perClass, macroF1 } = golden.calibration;
const test = Float32Array.from(golden.calibration.test);
const expectMetrics = (actual: { nll: number; brier: number; ece: number }, expected: typeof before) =>
  expectClose([actual.nll, actual.brier, actual.ece], [expected.nll, expected.brier, expected.ece]);

describe('calibrationOf', () => {
  const found = { temperature, validationImages: 120, beforeFinalFit: false };

  it("has PyTorch's NLL, Brier score and ECE, before and after scaling", () => {
    const { scaling, ...asItIs } = calibrationOf({ logits: test, labels }, found, classes, 'softmax');
    expectMetrics(asItIs.before, before);
    expectMetrics(scaling!.after, after);
    expect(scaling).toMatchObject(found);
  });

  it('divides the logits of yes-or-no answers, as a model is saved that is divided by its temperature', () => {
    const { scaling } = calibrationOf({ logits: test, labels }, { ...found, temperature: 3 }, classes, 'sigmoid');
    const saved = test.map((z) => z / 3);
    expect(scaling!.after).toEqual(calibratedness(probabilitiesOf(saved, classes, 'sigmoid'), labels, classes));
  });

  it('has no scaling where no temperature is known', () => {
    expect(calibrationOf({ logits: test, labels }, undefined, classes, 'softmax')).not.toHaveProperty('scaling');
  });
});

describe('calibratedness', () => {
  it('is right by hand', () => {
    // Four images, two classes: 0.9 right, 0.9 wrong, 0.58 right, 0.5 (the first class) right.
    const p = Float32Array.of(0.9, 0.1, 0.9, 0.1, 0.42, 0.58, 0.5, 0.5);
    const { ece, brier, bins } = calibratedness(p, [0, 1, 1, 0], 2);
    // |1 − 1.8| + |1 − 0.58| + |1 − 0.5|, of four.
    expect(ece).toBeCloseTo((0.8 + 0.42 + 0.5) / 4, 6);
    expect(brier).toBeCloseTo((2 * 0.01 + 2 * 0.81 + 2 * 0.42 ** 2 + 2 * 0.25) / 4, 6);
    expect(bins.map(({ images }) => images)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2, 0]);
    expect(bins[13]).toEqual({ images: 2, confidence: expect.closeTo(0.9, 6), accuracy: 0.5 });
  });

  it('puts a confidence on a border into the bin below it, and 1 into the last', () => {
    const { bins } = calibratedness(Float32Array.of(1, 0, 0.6, 0.4), [0, 0], 2);
    expect([bins[14].images, bins[9].images + bins[8].images]).toEqual([1, 1]);
  });

  it('is zero of nothing', () => {
    expect(calibratedness(new Float32Array(0), [], 3)).toMatchObject({ nll: 0, brier: 0, ece: 0 });
  });
});

it('the evaluation has precision, recall, F1 and support of each class as NumPy has them', () => {
  const names = perClass.map((_, label) => `class ${label}`);
  const found = evaluate(probabilitiesOf(test, classes, 'softmax'), labels, names);
  for (const [label, [precision, recall, f1, images]] of perClass.entries()) {
    const own = found.perClass[label];
    expectClose([own.precision!, own.recall!, own.f1!, own.images], [precision, recall, f1, images]);
  }
  expectClose([found.macroF1!], [macroF1]);
});
