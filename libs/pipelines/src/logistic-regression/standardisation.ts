/** Mean and standard deviation of each column of a feature matrix. */
export interface Standardisation {
  mean: Float64Array;
  deviation: Float64Array;
}

/**
 * Measures columns, so that one λ means the same for all of them.
 * @param features `[images, width]`
 */
export function measure(features: Float32Array, width: number): Standardisation {
  const images = features.length / width;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let at = 0; at < features.length; at++) mean[at % width] += features[at] / images;
  for (let at = 0; at < features.length; at++) deviation[at % width] += (features[at] - mean[at % width]) ** 2 / images;
  // A column that never changes says nothing: it becomes zeros.
  for (let j = 0; j < width; j++) deviation[j] = deviation[j] > 1e-12 ? Math.sqrt(deviation[j]) : Infinity;
  return { mean, deviation };
}

/** The smallest deviation that is divided by, as a part of the average one. */
const SMALLEST_PART = 0.1;

/**
 * The same for features that will move: dividing by a deviation of nearly nothing would turn a small change of a nearly
 * dead feature into a huge one. Rounded to float32, as a network computes.
 */
export function moderate({ mean, deviation }: Standardisation): Standardisation {
  const alive = deviation.map((value) => (Number.isFinite(value) ? value : 0));
  const average = alive.reduce((sum, value) => sum + value, 0) / alive.length;
  const smallest = average > 0 ? SMALLEST_PART * average : 1;
  return {
    mean: Float64Array.from(mean, Math.fround),
    deviation: alive.map((value) => Math.fround(Math.max(value, smallest))),
  };
}

/** (x − mean) / deviation, as a new matrix `[images, width]`. */
export function standardise(features: Float32Array, { mean, deviation }: Standardisation): Float32Array {
  const width = mean.length;
  return features.map((value, at) => (value - mean[at % width]) / deviation[at % width]);
}

/**
 * Moves the standardisation into a linear map: for all x, `weight`ᵀ·x + `bias` of the result equals the given map of the
 * standardised x.
 * @param weight `[width, classes]`
 */
export function foldStandardisation(
  { weight, bias }: { weight: Float64Array; bias: Float64Array },
  { mean, deviation }: Standardisation,
): { weight: Float32Array; bias: Float32Array } {
  const classes = bias.length;
  const folded = weight.map((value, at) => value / deviation[Math.floor(at / classes)]);
  const shifted = bias.slice();
  for (let at = 0; at < folded.length; at++) shifted[at % classes] -= folded[at] * mean[Math.floor(at / classes)];
  return { weight: Float32Array.from(folded), bias: Float32Array.from(shifted) };
}
