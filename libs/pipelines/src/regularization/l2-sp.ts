import type { Tensor } from '@tensorflow/tfjs';
import type { Engine } from '#engine';

/**
 * L2-SP = ½ · Σ (w − w⁰)²: the distance to the starting point, not to zero (Li, Grandvalet & Davoine, "Explicit Inductive
 * Bias for Transfer Learning with Convolutional Networks", 2018, eq. 3, with one coefficient for both of its terms). A
 * weight without a pretrained value, such as the new head's, is drawn to zero.
 * @param start the pretrained value of each weight, or `undefined` for a new one
 */
export function l2sp(engine: Engine, weights: readonly Tensor[], start: readonly (Tensor | undefined)[]): Tensor {
  const { tf } = engine;
  const distances = weights.map((weight, i) => {
    const origin = start[i];
    return tf.sum(tf.square(origin === undefined ? weight : tf.sub(weight, origin)));
  });
  return tf.mul(tf.addN(distances), 0.5);
}
