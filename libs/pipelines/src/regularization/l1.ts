import type { Tensor } from '@tensorflow/tfjs';
import type { Engine } from '#engine';

/** L1 = Σ |w| (Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996). Subgradient sign(w), 0 at 0. */
export function l1(engine: Engine, weights: readonly Tensor[]): Tensor {
  const { tf } = engine;
  // tf.abs has the subgradient −1 at 0; w · sign(w) has sign(w) everywhere, as PyTorch's abs.
  return tf.addN(weights.map((weight) => tf.sum(tf.mul(weight, tf.sign(weight)))));
}
