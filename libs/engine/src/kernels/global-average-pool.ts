import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Kernels, Tf } from '../engine.js';

/**
 * tfjs's mean, with a gradient that spreads dy / (height · width) once over the image: its own multiplies by ones of the
 * image's size, which a captured graph would hold, and divides all of the product.
 */
export function globalAveragePoolKernel(tf: Tf): Kernels['globalAveragePool'] {
  const pool = tf.customGrad((...args) => {
    const [x] = args as unknown as [Tensor4D];
    const [batch, height, width, channels] = x.shape;
    const gradFunc = (dy: Tensor) =>
      tf.tidy(() => [
        dy
          .mul(1 / (height * width))
          .reshape([batch, 1, 1, channels])
          .broadcastTo(x.shape),
      ]);
    return { value: x.mean([1, 2]), gradFunc: gradFunc as never };
  });
  return (x) => pool(x) as Tensor2D;
}
