import type { Tensor } from '@tensorflow/tfjs';
import type { RegularizationSpec } from '#contracts';
import type { Engine, Variable } from '#engine';
import type { Model } from '#models';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import { l2sp } from './l2-sp.js';

/**
 * The regularisation term λ · L of an objective; `undefined` where λ is 0. L is one of
 *
 *     l1: Σ |w|      l2: ½ · Σ w²      l2-sp: ½ · Σ (w − w⁰)²
 *
 * summed over the weights of convolutions and linear layers. Biases and the scales and shifts of batch normalisation
 * take no part: they hold few parameters, and drawing them to zero does not make a network simpler (He et al., "Bag of
 * Tricks for Image Classification with Convolutional Neural Networks", 2019, section 3.1).
 * @param start pretrained values by parameter name, for l2-sp
 * @returns a function that computes the scalar from the variables as they are
 */
export function regularization(
  engine: Engine,
  spec: { kind: RegularizationSpec['kind']; lambda: number },
  model: Pick<Model, 'parameters'>,
  start: Readonly<Record<string, Tensor>> = {},
): (() => Tensor) | undefined {
  const names = regularizedNames(model.parameters);
  if (spec.lambda === 0 || names.length === 0) return undefined;
  const weights = names.map((name) => model.parameters[name]);
  const origins = names.map((name) => start[name] as Tensor | undefined);
  const { tf } = engine;
  switch (spec.kind) {
    case 'l1':
      return () => tf.mul(l1(engine, weights), spec.lambda);
    case 'l2':
      return () => tf.mul(l2(engine, weights), spec.lambda);
    case 'l2-sp':
      return () => tf.mul(l2sp(engine, weights, origins), spec.lambda);
  }
}

/** Names of the parameters that a regulariser acts on: matrices and convolution filters. */
export function regularizedNames(parameters: Readonly<Record<string, Variable>>): string[] {
  return Object.keys(parameters).filter((name) => parameters[name].rank > 1);
}
