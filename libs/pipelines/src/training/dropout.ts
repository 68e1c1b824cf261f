import type { Tensor2D } from '@tensorflow/tfjs';
import type { Draw } from '#datasets';
import type { Engine, Tensor } from '#engine';
import type { Model } from '#models';

/** The random draws of dropout; nothing else of a step may draw from this stream. */
const STREAM = 0xd001;

/** Of features `[batch, featureSize]`, before the classifier. */
export type Drop = (features: Tensor) => Tensor;

/** Dropout (Srivastava et al., 2014) in a training step, a function of (seed, step); `undefined` where the rate is 0. */
export function dropout({ kernels }: Engine, rate: number, { seed, step }: Draw): Drop | undefined {
  return rate === 0 ? undefined : (features) => kernels.dropout(features, rate, seed, step, STREAM);
}

/** A model's logits of features that something was done to: its head is one linear layer. */
export function headLogits({ engine, head, parameters }: Model, features: Tensor): Tensor {
  const [weight, bias] = head.map((name) => parameters[name]);
  return engine.kernels.biasAdd(engine.tf.matMul(features as Tensor2D, weight as Tensor as Tensor2D), bias);
}
