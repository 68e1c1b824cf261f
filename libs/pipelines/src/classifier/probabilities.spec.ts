import { describe, expect, it } from 'vitest';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { asSoftmaxLogits, probabilitiesOf } from './probabilities.js';

const { classes, student, softmax } = golden.losses;
const logits = Float32Array.from(student);

describe('probabilitiesOf', () => {
  it("is PyTorch's softmax", () => {
    expectClose(probabilitiesOf(logits, classes, 'softmax'), softmax);
  });

  it('scales the sigmoids of a row to sum to 1, as scikit-learn does', () => {
    // sigmoid(0) = 0.5, sigmoid(ln 3) = 0.75, sigmoid(−ln 3) = 0.25
    const [zero, three] = [0, Math.log(3)];
    expectClose(probabilitiesOf(Float32Array.of(zero, three, -three), 3, 'sigmoid'), [1 / 3, 1 / 2, 1 / 6]);
  });

  it.each(['softmax', 'sigmoid'] as const)('gives rows that sum to 1 by %s, however sure every answer is', (kind) => {
    const extreme = Float32Array.of(-1000, -1001, -2000, 1000, 999, 2000, 0, -1000, 1000);
    const probabilities = probabilitiesOf(extreme, 3, kind);
    for (let row = 0; row < 9; row += 3) {
      expect(probabilities.subarray(row, row + 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    }
    // All three say no; the least sure no is e times as probable as the next.
    expectClose([probabilities[0] / probabilities[1]], [Math.E]);
  });
});

describe('asSoftmaxLogits', () => {
  it.each(['softmax', 'sigmoid'] as const)('has a softmax that is the probabilities by %s', (kind) => {
    const again = probabilitiesOf(asSoftmaxLogits(logits, kind), classes, 'softmax');
    expectClose(again, probabilitiesOf(logits, classes, kind));
  });
});
