import type { Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

export interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * dL/dx of max pooling: each output's gradient goes to the first largest value of its window, row by row, as on tfjs's
 * `cpu` backend. A loop over typed arrays: tfjs's own kernel takes the largest value to be at least zero.
 * @param values of the input, `[batch, height, width, channels]`; dy those of the output's gradient
 */
export function maxPoolGradient(
  tf: Tf,
  values: Float32Array,
  dy: Float32Array,
  inputShape: Tensor4D['shape'],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): Float32Array {
  const info = tf.backend_util.computePool2DInfo(inputShape, filterSize, strides, 1, pad, dimRoundingMode);
  const { batchSize, inHeight, inWidth, inChannels: channels, outHeight, outWidth } = info;
  const dx = new Float32Array(values.length);
  const largest = new Float32Array(channels);
  const place = new Int32Array(channels);
  for (let image = 0, output = 0; image < batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const top = outRow * info.strideHeight - info.padInfo.top;
      const bottom = Math.min(inHeight, top + info.effectiveFilterHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const left = outColumn * info.strideWidth - info.padInfo.left;
        const right = Math.min(inWidth, left + info.effectiveFilterWidth);
        largest.fill(-Infinity);
        place.fill(-1);
        for (let row = Math.max(0, top); row < bottom; row++) {
          for (let column = Math.max(0, left); column < right; column++) {
            const start = ((image * inHeight + row) * inWidth + column) * channels;
            for (let channel = 0; channel < channels; channel++) {
              const value = values[start + channel]!;
              if (value > largest[channel]!) {
                largest[channel] = value;
                place[channel] = start + channel;
              }
            }
          }
        }
        for (let channel = 0; channel < channels; channel++, output++) {
          const at = place[channel]!;
          if (at >= 0) dx[at]! += dy[output]!;
        }
      }
    }
  }
  return dx;
}
