import type { Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

/** Puts `stride − 1` zeros after every row and column: `[n, h, w, c]` → `[n, h·sh, w·sw, c]`. */
export function spread(tf: Tf, x: Tensor4D, [strideHeight, strideWidth]: readonly [number, number]): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  let result = x;
  if (strideWidth > 1) {
    const columns = result.reshape([batch * height * width, 1, channels]);
    const padded = columns.pad([
      [0, 0],
      [0, strideWidth - 1],
      [0, 0],
    ]);
    result = padded.reshape([batch, height, width * strideWidth, channels]);
  }
  if (strideHeight > 1) {
    const rowLength = width * strideWidth * channels;
    const padded = result.reshape([batch * height, 1, rowLength]).pad([
      [0, 0],
      [0, strideHeight - 1],
      [0, 0],
    ]);
    result = padded.reshape([batch, height * strideHeight, width * strideWidth, channels]);
  }
  return result;
}

/** Adds zeros around an image so that it becomes `[·, height, width, ·]` with `top` and `left` of them; crops where negative. */
export function frame(x: Tensor4D, top: number, left: number, height: number, width: number): Tensor4D {
  const bottom = height - top - x.shape[1];
  const right = width - left - x.shape[2];
  const [padTop, padBottom, padLeft, padRight] = [top, bottom, left, right].map((size) => Math.max(0, size));
  let result = x;
  if (Math.max(top, bottom, left, right) > 0) {
    result = result.pad([
      [0, 0],
      [padTop!, padBottom!],
      [padLeft!, padRight!],
      [0, 0],
    ]);
  }
  if (Math.min(top, bottom, left, right) < 0) {
    const begin: [number, number, number, number] = [0, Math.max(0, -top), Math.max(0, -left), 0];
    result = result.slice(begin, [x.shape[0], height, width, x.shape[3]]);
  }
  return result;
}

/**
 * Every `stride`-th row and column of a window that starts at (top, left) and gives `[·, height, width, ·]`. A depthwise
 * convolution with ones picks them; tfjs's strided slice goes number by number.
 */
export function window(
  tf: Tf,
  x: Tensor4D,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
  [strideHeight, strideWidth]: readonly [number, number],
): Tensor4D {
  const [batch, , , channels] = x.shape;
  const covered = [(height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1] as const;
  const slice = x.slice([0, top, left, 0], [batch, ...covered, channels]);
  if (strideHeight === 1 && strideWidth === 1) return slice;
  const ones = tf.ones([1, 1, channels, 1]) as Tensor4D;
  return tf.depthwiseConv2d(slice, ones, [strideHeight, strideWidth], 'valid');
}
