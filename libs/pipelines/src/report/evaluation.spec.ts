import { describe, expect, it } from 'vitest';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { evaluate } from './evaluation.js';

const names = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`);

describe('evaluate', () => {
  it("has scikit-learn's top-1, top-5, log loss, confusion matrix and accuracy of each class", () => {
    const { classes, probabilities, labels, ...expected } = golden.evaluation;
    const evaluation = evaluate(Float32Array.from(probabilities), labels, names(classes));
    expect(evaluation.images).toBe(40);
    expectClose([evaluation.top1, evaluation.top5!, evaluation.loss], [expected.top1, expected.top5, expected.loss]);
    expect(evaluation.confusionMatrix).toEqual(expected.confusionMatrix);
    expectClose(
      evaluation.perClass.map(({ accuracy }) => accuracy!),
      expected.accuracies,
    );
  });

  it('is right by hand, without a top-5 where there are five classes at most', () => {
    const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.5, 0.25, 0.25, 0.25, 0.25, 0.5);
    expect(evaluate(probabilities, [0, 0, 1, 2], ['a', 'b', 'c'])).toEqual({
      images: 4,
      top1: 0.5,
      // (½ + z²/8 ± z·√(1/16 + z²/64)) / (1 + z²/4), z = 1.95996
      top1Interval: [expect.closeTo(0.15004, 5), expect.closeTo(0.84996, 5)],
      // −(ln ½ + ln ¼ + ln ¼ + ln ½) / 4 = 1.5 · ln 2
      loss: expect.closeTo(1.5 * Math.log(2), 7),
      macroF1: 0.5,
      perClass: [
        { name: 'a', images: 2, accuracy: 0.5, precision: 0.5, recall: 0.5, f1: 0.5 },
        { name: 'b', images: 1, accuracy: 0, precision: 0, recall: 0, f1: 0 },
        { name: 'c', images: 1, accuracy: 1, precision: 1, recall: 1, f1: 1 },
      ],
      confusionMatrix: [
        [1, 1, 0],
        [1, 0, 0],
        [0, 0, 1],
      ],
    });
  });

  it('breaks ties by the order of the classes, so that all of them count as one answer', () => {
    const equal = new Float32Array(6 * 6).fill(1 / 6);
    const { top1, top5 } = evaluate(equal, [0, 1, 2, 3, 4, 5], names(6));
    expectClose([top1, top5!], [1 / 6, 5 / 6]);
  });

  it('charges a probability of zero no more than a float32 can say', () => {
    expect(evaluate(Float32Array.of(0, 1), [0], ['a', 'b']).loss).toBeCloseTo(87.34, 2);
  });

  it('says nothing of a class without images, and zero of no images', () => {
    const { perClass } = evaluate(Float32Array.of(1, 0), [0], ['a', 'b']);
    expect(perClass[1]).toEqual({ name: 'b', images: 0, accuracy: null, precision: null, recall: null, f1: null });
    expect(evaluate(new Float32Array(0), [], ['a', 'b'])).toMatchObject({ images: 0, top1: 0, loss: 0 });
  });

  it('refuses probabilities that do not fit the labels', () => {
    expect(() => evaluate(new Float32Array(5), [0, 1], ['a', 'b'])).toThrow(
      '5 probabilities are not 2 images × 2 classes',
    );
  });
});
