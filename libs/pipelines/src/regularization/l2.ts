import type { Tensor } from '@tensorflow/tfjs';
import type { Engine } from '#engine';

/** L2 = ½ · Σ w². With the half, λ · L2 has the gradient λ · w: λ is what PyTorch's SGD calls `weight_decay`. */
export function l2(engine: Engine, weights: readonly Tensor[]): Tensor {
  const { tf } = engine;
  return tf.mul(tf.addN(weights.map((weight) => tf.sum(tf.square(weight)))), 0.5);
}
