import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

/**
 * The gradient of relu6 without comparisons, which are scalar code on WebAssembly: 1 between 0 and 6, and 0 at and
 * beyond them, as TensorFlow's and PyTorch's.
 */
export function registerRelu6Gradient(tf: Tf): void {
  tf.unregisterGradient('Relu6');
  tf.registerGradient({
    kernelName: 'Relu6',
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => {
      const [x] = saved as [Tensor];
      return { x: () => tf.mul(dy as Tensor, tf.mul(tf.step(x), tf.step(tf.sub(6, x)))) };
    },
  });
}
