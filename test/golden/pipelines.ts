import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Engine, Tensor } from '#engine';

/** A value and its gradient in each input, as PyTorch computes them. */
export interface ValueWithGradients {
  value: number;
  gradients: number[][];
}

/** What PyTorch and scikit-learn compute, as `pipelines.py` wrote it down. Matrices are row after row. */
interface Golden {
  losses: {
    classes: number;
    student: number[];
    teacher: number[];
    labels: number[];
    labelled: number[];
    /** By temperature. */
    kd: Record<string, ValueWithGradients>;
    crossEntropy: ValueWithGradients;
    multinomial: ValueWithGradients;
    bce: ValueWithGradients;
    softmax: number[];
  };
  regularization: {
    lambda: number;
    /** `[2, 2, 3, 4]` */
    filters: number[];
    /** `[3, 5]` */
    head: number[];
    start: number[];
    l1: ValueWithGradients;
    l2: ValueWithGradients;
    'l2-sp': ValueWithGradients;
  };
  logistic: {
    classes: number;
    width: number;
    raw: number[];
    mean: number[];
    deviation: number[];
    features: number[];
    labels: number[];
    fits: {
      kind: 'l1' | 'l2';
      loss: 'multinomial' | 'bce';
      lambda: number;
      weight: number[];
      bias: number[];
      objective: number;
      /** Of the first ten rows. */
      probabilities: number[];
    }[];
  };
  evaluation: {
    classes: number;
    probabilities: number[];
    labels: number[];
    top1: number;
    top5: number;
    loss: number;
    confusionMatrix: number[][];
    accuracies: number[];
  };
}

export const golden = JSON.parse(readFileSync(new URL('./pipelines.json', import.meta.url), 'utf8')) as Golden;

/** Checks every number; `tolerance` is absolute below 1 and relative above. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const allowed = tolerance * Math.max(1, Math.abs(expected[i]));
    expect(Math.abs(actual[i] - expected[i]), `number ${i}: ${actual[i]}, not ${expected[i]}`).toBeLessThan(allowed);
  }
}

/** Checks a function's value and its gradients in all inputs. */
export function expectValueAndGradients(
  { tf }: Engine,
  compute: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  expected: ValueWithGradients,
): void {
  const { value, grads } = tf.valueAndGrads(compute as never)(inputs as never);
  expectClose(value.dataSync(), [expected.value]);
  expect(grads).toHaveLength(expected.gradients.length);
  for (const [i, gradient] of grads.entries()) expectClose(gradient.dataSync(), expected.gradients[i]);
}
