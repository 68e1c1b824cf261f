/** Sizes of a depthwise convolution: of its input, its filter and its output, the stride and the padding before it. */
export interface DepthwiseGeometry {
  batchSize: number;
  inHeight: number;
  inWidth: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  filterHeight: number;
  filterWidth: number;
  strideHeight: number;
  strideWidth: number;
  padInfo: { top: number; left: number };
}

/**
 * dL/dfilter of a depthwise convolution: per place in the filter, the sum of the images under it times the output's
 * gradient. Loops over typed arrays: composed of kernels, each place is a copy, a product and a sum of the whole image,
 * ten times as slow.
 * @param values of the input, `[batch, height, width, channels]`; dy those of the output's gradient, whose channels are
 * `channels · multiplier`, channel by channel
 * @returns `[filterHeight, filterWidth, channels, multiplier]`
 */
export function depthwiseFilterGradient(
  values: Float32Array,
  dy: Float32Array,
  multiplier: number,
  geometry: DepthwiseGeometry,
): Float32Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { strideHeight, strideWidth, padInfo } = geometry;
  const outChannels = inChannels * multiplier;
  // Sums over whole batches: in float32 they would lose digits.
  const sums = new Float64Array(filterHeight * filterWidth * outChannels);
  for (let image = 0; image < batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const top = outRow * strideHeight - padInfo.top;
      for (let filterRow = Math.max(0, -top); filterRow < Math.min(filterHeight, inHeight - top); filterRow++) {
        const inRow = (image * inHeight + top + filterRow) * inWidth;
        for (let outColumn = 0; outColumn < outWidth; outColumn++) {
          const left = outColumn * strideWidth - padInfo.left;
          const from = ((image * outHeight + outRow) * outWidth + outColumn) * outChannels;
          const last = Math.min(filterWidth, inWidth - left);
          const to = filterRow * filterWidth * outChannels;
          if (multiplier === 1 && filterWidth === 3 && left >= 0 && last === 3) {
            addThree(sums, to, values, (inRow + left) * inChannels, dy, from, inChannels);
            continue;
          }
          for (let filterColumn = Math.max(0, -left); filterColumn < last; filterColumn++) {
            const under = (inRow + left + filterColumn) * inChannels;
            addProducts(sums, to + filterColumn * outChannels, values, under, dy, from, inChannels, multiplier);
          }
        }
      }
    }
  }
  return Float32Array.from(sums);
}

/** Three neighbours at once, the usual width of a filter: half the time of one after the other. */
function addThree(
  sums: Float64Array,
  first: number,
  values: Float32Array,
  under: number,
  dy: Float32Array,
  from: number,
  channels: number,
): void {
  const [second, third] = [first + channels, first + 2 * channels];
  const [next, last] = [under + channels, under + 2 * channels];
  for (let c = 0; c < channels; c++) {
    const gradient = dy[from + c]!;
    sums[first + c]! += values[under + c]! * gradient;
    sums[second + c]! += values[next + c]! * gradient;
    sums[third + c]! += values[last + c]! * gradient;
  }
}

function addProducts(
  sums: Float64Array,
  to: number,
  values: Float32Array,
  under: number,
  dy: Float32Array,
  from: number,
  channels: number,
  multiplier: number,
): void {
  for (let c = 0, at = 0; c < channels; c++) {
    const value = values[under + c]!;
    for (let m = 0; m < multiplier; m++, at++) sums[to + at]! += value * dy[from + at]!;
  }
}
