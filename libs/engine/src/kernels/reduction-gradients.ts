import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

/**
 * Gradients of sum and mean that spread dy over what was summed, scaled while it is still small. tfjs's own multiply by
 * ones of the input's size, which a captured graph would hold as a constant, and divide all of the product.
 */
export function registerReductionGradients(tf: Tf): void {
  for (const kernelName of ['Sum', 'Mean'] as const) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, saved, attributes) => ({
        x: () =>
          tf.tidy(() => {
            const { shape, size } = saved[0]!;
            const axes = tf.util.parseAxisParam(attributes.axis as number[], shape);
            const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
            const spread = (dy as Tensor).reshape(kept);
            return (kernelName === 'Mean' ? spread.mul(spread.size / size) : spread).broadcastTo(shape);
          }),
      }),
    });
  }
}
