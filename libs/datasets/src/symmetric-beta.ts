import type { Engine, Tensor } from '#engine';

/** Cells of the table: enough for a variance that is right within 1 % (see the test). */
const CELLS = 1024;

/**
 * Draws from Beta(α, α), each made of one uniform number by the inverse of the distribution function, of which the graph
 * holds a table of 1,025 points and is linear between them. Exact in its mean, 1/2, and for α = 1, where it is the
 * uniform number itself. Rejection methods, as libraries have them, would need a loop of unknown length.
 * @param uniform in [0, 1), of any shape
 * @returns 0 to 1, of the same shape
 */
export function symmetricBeta(engine: Engine, alpha: number, uniform: Tensor): Tensor {
  const { tf } = engine;
  if (alpha === 1) return uniform;
  return tf.tidy(() => {
    const quantiles = tf.tensor1d(Float32Array.from(betaQuantiles(alpha, CELLS)));
    const places = tf.range(0, CELLS + 1, 1, 'float32');
    // Hat functions around the table's places: looking up by an index is no part of a graph in tfjs, which reads it.
    const distance = tf.abs(tf.sub(tf.expandDims(tf.mul(uniform, CELLS), -1), places));
    return tf.sum(tf.mul(tf.maximum(tf.sub(1, distance), 0), quantiles), -1);
  });
}

/** The quantiles 0, 1/cells, …, 1 of Beta(α, α), in float64. `cells` is even. */
export function betaQuantiles(alpha: number, cells: number): number[] {
  const half = Array.from({ length: cells / 2 }, (_, index) => quantile(alpha, index / cells));
  return [...half, 0.5, ...half.reverse().map((value) => 1 - value)];
}

/** For probabilities up to 1/2. */
function quantile(alpha: number, probability: number): number {
  if (probability === 0) return 0;
  let [low, high] = [0, 0.5];
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (distribution(alpha, middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The distribution function of Beta(a, a) up to x = 1/2: the regularised incomplete beta function by its continued
 * fraction (Abramowitz & Stegun 26.5.8), which converges fast there, evaluated by Lentz's method.
 */
function distribution(a: number, x: number): number {
  if (x === 0) return 0;
  const front = Math.exp(a * Math.log(x) + a * Math.log1p(-x) + logGamma(2 * a) - 2 * logGamma(a)) / a;
  let c = 1;
  let d = 1 / (1 - (2 * a * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (a - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (2 * a + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const before = fraction;
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) < 1e-15 * Math.abs(fraction)) break;
  }
  return front * fraction;
}

/** Lanczos' approximation (g = 7, nine terms; Godfrey's coefficients): relative error below 1e-14 for x > 0. */
function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  // Γ(x) = Γ(x + 1) / x: the approximation is for x ≥ 1/2.
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  const series = coefficients.reduce((sum, value, index) => sum + value / (x + index), 0.99999999999980993);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}
