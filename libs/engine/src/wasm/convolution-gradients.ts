import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';
import { frame, spread, window } from './strided.js';

/** The attributes of tfjs's convolution gradient kernels that matter here; tfjs itself refuses dilated gradients. */
export interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * dL/dx of a convolution: the output's gradient, spread out by the stride, convolved with the turned filter.
 * @param filter `[height, width, inputs, outputs]`; dy `[batch, height, width, outputs]`
 */
export function convolutionInputGradient(
  tf: Tf,
  dy: Tensor4D,
  filter: Tensor4D,
  inputShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): Tensor4D {
  const geometry = geometryOf(tf, inputShape, filter.shape, attributes, false);
  const { height, width, top, left, kernelHeight, kernelWidth, strides } = geometry;
  const turned = filter.reverse([0, 1]).transpose<Tensor4D>([0, 1, 3, 2]);
  const spreadOut = spread(tf, dy, strides);
  const framed = frame(
    spreadOut,
    kernelHeight - 1 - top,
    kernelWidth - 1 - left,
    height + kernelHeight - 1,
    width + kernelWidth - 1,
  );
  return tf.conv2d(framed, turned, 1, 'valid');
}

/**
 * dL/dfilter of a convolution: itself a convolution, of the images with channels for batch by the output's gradient,
 * dilated by the stride. For 1×1 filters it is a matrix product.
 */
export function convolutionFilterGradient(
  tf: Tf,
  x: Tensor4D,
  dy: Tensor4D,
  filterShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): Tensor4D {
  const geometry = geometryOf(tf, x.shape, filterShape, attributes, false);
  const { outHeight, outWidth, top, left, kernelHeight, kernelWidth, strides } = geometry;
  const [inputs, outputs] = [filterShape[2], filterShape[3]];
  const rowSpan = (outHeight - 1) * strides[0] + kernelHeight;
  const columnSpan = (outWidth - 1) * strides[1] + kernelWidth;
  const framed = frame(x, top, left, rowSpan, columnSpan);
  if (kernelHeight === 1 && kernelWidth === 1) {
    const used = window(tf, framed, [0, 0], [outHeight, outWidth], strides);
    const rows = used.reshape<Tensor2D>([-1, inputs]);
    return tf.matMul(rows, dy.reshape<Tensor2D>([-1, outputs]), true).reshape(filterShape);
  }
  const images = framed.transpose<Tensor4D>([3, 1, 2, 0]);
  const filters = dy.transpose<Tensor4D>([1, 2, 0, 3]);
  return tf.conv2d(images, filters, 1, 'valid', 'NHWC', strides).transpose([1, 2, 0, 3]);
}

/**
 * dL/dx of a depthwise convolution.
 * @param filter `[height, width, channels, multiplier]`; dy `[batch, height, width, channels·multiplier]`
 */
export function depthwiseInputGradient(
  tf: Tf,
  dy: Tensor4D,
  filter: Tensor4D,
  inputShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): Tensor4D {
  const geometry = geometryOf(tf, inputShape, filter.shape, attributes, true);
  const { height, width, top, left, kernelHeight, kernelWidth, strides } = geometry;
  const parts = perMultiplier(tf, dy, filter.shape).map((part, m) => {
    const turned = filter.slice([0, 0, 0, m], [-1, -1, -1, 1]).reverse<Tensor4D>([0, 1]);
    const framed = frame(
      spread(tf, part, strides),
      kernelHeight - 1 - top,
      kernelWidth - 1 - left,
      height + kernelHeight - 1,
      width + kernelWidth - 1,
    );
    return tf.depthwiseConv2d(framed, turned, 1, 'valid');
  });
  return parts.length === 1 ? parts[0]! : tf.addN(parts);
}

/** The output channels of a depthwise convolution are ordered channel by channel; gives one tensor per multiplier. */
function perMultiplier(tf: Tf, dy: Tensor4D, [, , channels, multiplier]: readonly number[]): Tensor4D[] {
  if (multiplier === 1) return [dy];
  const [batch, height, width] = dy.shape;
  const apart = dy.reshape([batch, height, width, channels!, multiplier!]);
  return Array.from({ length: multiplier! }, (_, m) =>
    apart.slice([0, 0, 0, 0, m], [-1, -1, -1, -1, 1]).reshape<Tensor4D>([batch, height, width, channels!]),
  );
}

function geometryOf(
  tf: Tf,
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  { strides, pad, dimRoundingMode }: ConvolutionAttributes,
  depthwise: boolean,
) {
  const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode, depthwise);
  return {
    height: info.inHeight,
    width: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
    strides: [info.strideHeight, info.strideWidth] as [number, number],
  };
}
