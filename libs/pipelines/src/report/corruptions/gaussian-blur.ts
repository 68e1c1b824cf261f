import { toByte, type Corruption } from './corruption.js';

/** Standard deviations after which the filter is cut off, as in `scipy.ndimage.gaussian_filter`. */
const TRUNCATE = 4;

/**
 * `gaussian_blur` of Hendrycks & Dietterich (2019): `skimage.filters.gaussian`, whose edges continue with the last pixel.
 * @param strength standard deviation, pixels
 */
export const gaussianBlur: Corruption = (pixels, size, strength) => {
  const weights = gaussianWeights(strength);
  const columns = blurred(Float64Array.from(pixels), size, weights, size * 3, 3);
  return Uint8Array.from(blurred(columns, size, weights, 3, size * 3), toByte);
};

function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.trunc(TRUNCATE * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** @param along distance of two neighbours on the axis that is blurred, `across` on the other one */
function blurred(
  image: Float64Array,
  size: number,
  weights: Float64Array,
  along: number,
  across: number,
): Float64Array {
  const radius = (weights.length - 1) / 2;
  const out = new Float64Array(image.length);
  for (let line = 0; line < size; line++) {
    for (let i = 0; i < size; i++) {
      let [red, green, blue] = [0, 0, 0];
      for (let k = 0; k < weights.length; k++) {
        const neighbour = Math.min(size - 1, Math.max(0, i + k - radius));
        const at = line * across + neighbour * along;
        red += weights[k] * image[at];
        green += weights[k] * image[at + 1];
        blue += weights[k] * image[at + 2];
      }
      const to = line * across + i * along;
      [out[to], out[to + 1], out[to + 2]] = [red, green, blue];
    }
  }
  return out;
}
