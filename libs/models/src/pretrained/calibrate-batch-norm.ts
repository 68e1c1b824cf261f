import type { Engine, Tensor } from '#engine';
import type { Layers } from '../layers.js';
import type { Model } from '../model.js';
import { loadStateDict, stateDict } from '../state-dict.js';

/** Filters of dead channels have no direction to keep. */
const SMALLEST_NORM = 1e-2;

/**
 * Gives a network whose batch normalisation was folded away one that works again: it computes what it did before, but
 * from the true mean and variance of each convolution's output over the given images, and every filter is scaled to unit
 * norm (its batch normalisation takes the norm over). Fine-tuning in `train` mode then starts from the same function;
 * with the folded one the first steps explode. About 1,000 images are enough.
 *
 * For a convolution's output z, followed by a·z + c, with mean m and variance v, and its filter divided by its norm α:
 * running mean m/α, running variance v/α², weight a·α·√(v/α² + ε), bias a·m + c.
 * @param images tensors `[batch, height, width, 3]`, preprocessed as the weights expect; each is disposed of
 */
export async function calibrateBatchNorm(
  model: Model,
  layers: Layers,
  images: AsyncIterable<Tensor>,
  signal?: AbortSignal,
): Promise<void> {
  const moments = new Map<string, Moments>();
  layers.onBatchNormInput = (name, z) => {
    const known = moments.get(name);
    const sums = known ?? new Moments(z.shape[3]);
    if (known === undefined) moments.set(name, sums);
    sums.add(model.engine, z);
  };
  try {
    for await (const batch of images) {
      signal?.throwIfAborted();
      const outputs = model.forward(batch, 'inference');
      model.engine.tf.dispose([outputs.logits, outputs.features, batch]);
    }
  } finally {
    layers.onBatchNormInput = undefined;
  }
  if (moments.size === 0) throw new Error('batch normalisation cannot be calibrated without images');

  const dict = stateDict(model);
  const { epsilon } = layers.batchNormOptions;
  for (const [name, { mean, variance }] of moments) {
    const filters = dict[`${layers.convolutionBefore[name]}.weight`].values;
    const [gamma, beta, runningMean, runningVariance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
      (part) => dict[`${name}.${part}`].values,
    );
    const norms = filterNorms(filters, gamma.length);
    for (let index = 0; index < filters.length; index++) filters[index] /= norms[index % norms.length];
    for (let channel = 0; channel < gamma.length; channel++) {
      const norm = norms[channel];
      const slope = gamma[channel] / Math.sqrt(runningVariance[channel] + epsilon);
      const offset = beta[channel] - slope * runningMean[channel];
      const [m, v] = [mean(channel), variance(channel)];
      runningMean[channel] = m / norm;
      runningVariance[channel] = v / (norm * norm);
      gamma[channel] = slope * norm * Math.sqrt(v / (norm * norm) + epsilon);
      beta[channel] = slope * m + offset;
    }
  }
  loadStateDict(model, dict);
}

/** Mean and variance per channel over batch, height and width, gathered over many batches. */
class Moments {
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(channels: number) {
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  add({ tf }: Engine, z: Parameters<Engine['kernels']['batchNormTraining']>[0]): void {
    const pixels = z.size / this.sums.length;
    const { mean, variance } = tf.moments(z, [0, 1, 2]);
    const [means, variances] = [mean.dataSync(), variance.dataSync()];
    for (let channel = 0; channel < means.length; channel++) {
      this.sums[channel] += pixels * means[channel];
      this.squares[channel] += pixels * (variances[channel] + means[channel] ** 2);
    }
    this.count += pixels;
  }

  mean = (channel: number): number => this.sums[channel] / this.count;

  variance = (channel: number): number => Math.max(this.squares[channel] / this.count - this.mean(channel) ** 2, 0);
}

/** Euclidean norm of each filter; the channel is the last axis that is not 1, in HWIO and depthwise layout alike. */
function filterNorms(filters: Float32Array, channels: number): Float64Array {
  const norms = new Float64Array(channels);
  filters.forEach((value, index) => (norms[index % channels] += value * value));
  return norms.map((square) => Math.max(Math.sqrt(square), SMALLEST_NORM));
}
