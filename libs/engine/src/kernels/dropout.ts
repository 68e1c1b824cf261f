import type { Kernels, Tf } from '../engine.js';

/** Dropout from a backend's own stateless random numbers. */
export function dropoutKernel(tf: Tf, randomUniform: Kernels['randomUniform']): Kernels['dropout'] {
  return (x, rate, seed, step, stream) => {
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate must be at least 0 and below 1, got ${rate}`);
    return tf.tidy(() => {
      if (rate === 0) return x.clone();
      const kept = randomUniform(x.shape, seed, step, stream).greaterEqual(rate).toFloat();
      return x.mul(kept.mul(1 / (1 - rate)));
    });
  };
}
