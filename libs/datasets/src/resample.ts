/** Decoded pixels, RGB, rows from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `height × width × 3` bytes. */
  readonly pixels: Uint8Array;
}

/** Part of a resized image, pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Bits after the point of a weight: what is left of 32 for a byte, a sign and one bit of headroom. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** For one axis: output position i is the weighted sum of `counts[i]` inputs from `starts[i]` on. */
interface Weights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `stride` fixed-point weights per output position. */
  readonly values: Int32Array;
  readonly stride: number;
}

/**
 * Bilinear resize with antialiasing, as Pillow's `Image.resize(…, BILINEAR)` and so torchvision's `Resize` on a PIL
 * image: a triangle filter that widens with the reduction, columns before rows, each rounded to bytes with weights of
 * 22 bits. Equal to Pillow 11.3 to the last bit; Pillow 13.0 takes rows before columns in tall images, which moves some
 * values by 1. libvips (sharp's resize, kernel "linear") differs by up to 54 of 255 when it enlarges and 23 when it
 * reduces small images: not what pretrained networks were fed.
 * @param window which part of the `width × height` result is wanted
 * @returns `window.height × window.width × 3` bytes
 */
export function resample(image: Pixels, width: number, height: number, window: Window): Uint8Array {
  const columns = triangleWeights(image.width, width, window.left, window.width);
  const rows = triangleWeights(image.height, height, window.top, window.height);
  // Only the rows that the second pass reads.
  const firstRow = rows.starts[0];
  const lastRow = rows.starts[window.height - 1] + rows.counts[window.height - 1];
  const narrowed = new Uint8Array((lastRow - firstRow) * window.width * 3);
  for (let y = firstRow; y < lastRow; y++) {
    mixColumns(image.pixels, y * image.width * 3, columns, narrowed, (y - firstRow) * window.width * 3);
  }
  const out = new Uint8Array(window.height * window.width * 3);
  mixRows(narrowed, window.width * 3, firstRow, rows, out);
  return out;
}

function triangleWeights(inputSize: number, outputSize: number, first: number, count: number): Weights {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  // Multiplied, not divided, as Pillow does: the last bit of a weight can decide a rounding.
  const perSupport = 1 / support;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const values = new Int32Array(count * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    const center = (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inputSize, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let x = start; x < end; x++) {
      const weight = Math.max(0, 1 - Math.abs((x - center + 0.5) * perSupport));
      exact[x - start] = weight;
      sum += weight;
    }
    for (let k = 0; k < end - start; k++) {
      const normalised = sum === 0 ? exact[k] : exact[k] / sum;
      values[i * stride + k] = Math.trunc(normalised * (1 << PRECISION) + 0.5);
    }
    starts[i] = start;
    counts[i] = end - start;
  }
  return { starts, counts, values, stride };
}

function mixColumns(source: Uint8Array, from: number, weights: Weights, out: Uint8Array, to: number): void {
  const { starts, counts, values, stride } = weights;
  for (let i = 0; i < starts.length; i++) {
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    let at = from + starts[i] * 3;
    const end = i * stride + counts[i];
    for (let k = i * stride; k < end; k++) {
      const weight = values[k];
      red += source[at] * weight;
      green += source[at + 1] * weight;
      blue += source[at + 2] * weight;
      at += 3;
    }
    out[to++] = red >> PRECISION;
    out[to++] = green >> PRECISION;
    out[to++] = blue >> PRECISION;
  }
}

function mixRows(source: Uint8Array, rowBytes: number, firstRow: number, weights: Weights, out: Uint8Array): void {
  const { starts, counts, values, stride } = weights;
  const sums = new Int32Array(rowBytes);
  for (let i = 0; i < starts.length; i++) {
    sums.fill(HALF);
    for (let k = 0; k < counts[i]; k++) {
      const weight = values[i * stride + k];
      const from = (starts[i] - firstRow + k) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] += source[from + x] * weight;
    }
    const to = i * rowBytes;
    for (let x = 0; x < rowBytes; x++) out[to + x] = sums[x] >> PRECISION;
  }
}
