import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';

/**
 * Lets TensorFlow compute the gradients of relu and relu6 in one kernel each, from the output, which the next layer
 * keeps anyway; tfjs builds them out of a step function and a product and keeps the input as well.
 */
export function registerReluGradients(tf: Tf): void {
  const backend = tf.backend() as unknown as TensorflowBackend;
  for (const [kernelName, gradient] of [
    ['Relu', 'ReluGrad'],
    ['Relu6', 'Relu6Grad'],
  ] as const) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      outputsToSave: [true],
      gradFunc: (dy, saved) => {
        const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.getDTypeInteger('float32') };
        return { x: () => backend.executeSingleOutput(gradient, [type], [dy as Tensor, saved[0] as Tensor]) };
      },
    });
  }
}
