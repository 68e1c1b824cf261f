import { describe, expect, it } from 'vitest';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { multinomialCrossEntropy } from './multinomial-cross-entropy.js';

const { classes, student, labels } = golden.losses;

describe.each([
  ['multinomialCrossEntropy', multinomialCrossEntropy, "PyTorch's cross_entropy", golden.losses.multinomial],
  ['binaryCrossEntropy', binaryCrossEntropy, "PyTorch's binary_cross_entropy_with_logits", golden.losses.bce],
] as const)('%s', (_, loss, __, expected) => {
  it('is what PyTorch computes, to nine digits, and so is its gradient', () => {
    const gradient = new Float64Array(student.length).fill(NaN);
    expectClose([loss(student, labels, classes, gradient)], [expected.value], 1e-8);
    expectClose(gradient, expected.gradients[0], 1e-8);
  });

  it('stays finite for logits whose exponential is not', () => {
    const extreme = [1000, -1000, 0, -1000, 1000, 0];
    const gradient = new Float64Array(6);
    const value = loss(extreme, [1, 1], 3, gradient);
    expect(Number.isFinite(value)).toBe(true);
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });
});

it('of two equal classes costs log 2, however it is asked', () => {
  const gradient = new Float64Array(2);
  expect(multinomialCrossEntropy([0, 0], [0], 2, gradient)).toBeCloseTo(Math.log(2), 12);
  expect([...gradient]).toEqual([-0.5, 0.5]);
  // Two questions of one bit each.
  expect(binaryCrossEntropy([0, 0], [0], 2, gradient)).toBeCloseTo(2 * Math.log(2), 12);
  expect([...gradient]).toEqual([-0.5, 0.5]);
});
