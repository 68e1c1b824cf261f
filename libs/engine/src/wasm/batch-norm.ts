import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

/**
 * Batch normalisation by given statistics, its factors and sums as a depthwise convolution of one pixel, in SIMD. tfjs's
 * own kernel is scalar code, and was half the time of a MobileNet's forward pass.
 * @param x `[batch, height, width, channels]`; the others `[channels]`
 */
export function batchNorm(
  tf: Tf,
  x: Tensor4D,
  { mean, variance, offset, scale }: { mean: Tensor; variance: Tensor; offset?: Tensor; scale?: Tensor },
  epsilon: number,
): Tensor4D {
  const channels = x.shape[3];
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const factor = scale ? tf.mul(inverse, scale) : inverse;
  const filter = factor.reshape<Tensor4D>([1, 1, channels, 1]);
  // Not multiplied out: the difference of two large numbers would have lost digits.
  const centred = tf.sub(x, mean) as Tensor4D;
  // A sum, for a tensor of its own: the kernel asks for one that was never of another shape.
  const bias = offset && tf.add(offset.reshape([channels]), 0);
  return tf.fused.depthwiseConv2d({ x: centred, filter, strides: 1, pad: 'valid', bias });
}
