import type { Tensor, Tf } from '../engine.js';

/**
 * A kernel of several ops, or of none of tfjs's, through which no gradient flows: one that tfjs knows to depend on its
 * inputs, and so does who watches a function that is being captured.
 */
export function withoutGradient(tf: Tf, inputs: readonly Tensor[], compute: () => Tensor): Tensor {
  const run = tf.customGrad(() => ({ value: compute(), gradFunc: () => inputs.map((input) => tf.zerosLike(input)) }));
  return run(...inputs);
}
