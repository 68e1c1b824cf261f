import type { Tensor, Tf } from '../engine.js';

/**
 * Softmax by its definition. In a graph TensorFlow hands its own to oneDNN, called eagerly it does not, and their last
 * bits differ: a captured function must compute what it computes eagerly.
 */
export function registerSoftmax(tf: Tf): void {
  tf.unregisterKernel('Softmax', 'tensorflow');
  tf.registerKernel({
    kernelName: 'Softmax',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() => {
        const logits = inputs.logits as Tensor;
        const exponentials = tf.exp(tf.sub(logits, tf.max(logits, -1, true)));
        return tf.div(exponentials, tf.sum(exponentials, -1, true));
      }),
  });
}
