import type { Tensor1D } from '@tensorflow/tfjs';
import type { Preparation } from '#contracts';
import { batchCount, batches, normalise, type Split } from '#datasets';
import type { Engine, InputSignature, ProgramInput, Tensor } from '#engine';
import type { RunContext } from '../run-context.js';

/** Inputs of a captured training step that looks at images. */
export function imageInputs(split: Split, batchSize: number): Record<string, InputSignature> {
  return {
    images: { shape: [batchSize, split.imageSize, split.imageSize, 3], dtype: 'uint8' },
    ...labelInputs(batchSize),
  };
}

export function labelInputs(batchSize: number): Record<string, InputSignature> {
  return { labels: { shape: [batchSize], dtype: 'int32' }, labelled: { shape: [batchSize] } };
}

/** Steps of an epoch: a captured step has one batch size, so a shorter last batch waits for the next epoch's order. */
export function stepsPerEpoch(length: number, batchSize: number): number {
  return batchCount(length, batchSize, true);
}

/** A batch of stored bytes, with labels and more; the tensors are the taker's to dispose of. */
export type ImageBatch = Record<string, ProgramInput> & { images: Uint8Array; labels: Tensor; labelled: Tensor };

/**
 * One epoch in shuffled batches of stored bytes, as `imageInputs`; `more` adds inputs by the images' places in the split.
 * The bytes of a batch are valid until the next one is asked for.
 * @param options.order places in the split, where the epoch's order is another than (seed, epoch)'s own
 */
export async function* imageBatches(
  { tf }: Engine,
  split: Split,
  options: {
    batchSize: number;
    seed: number;
    epoch: number;
    firstBatch: number;
    signal: AbortSignal;
    order?: Int32Array;
  },
  more: (indices: Int32Array) => Record<string, Tensor> = () => ({}),
): AsyncGenerator<ImageBatch> {
  const { batchSize, seed, epoch, firstBatch, signal, order } = options;
  for await (const batch of batches(split, {
    batchSize,
    ...(order === undefined ? { shuffle: { seed, epoch } } : { order }),
    dropRemainder: true,
    firstBatch,
    signal,
  })) {
    yield {
      images: batch.images,
      ...labelTensors(tf, batch.labels),
      ...more(batch.indices),
    };
  }
}

/** Enough images to measure each channel's mean and variance. */
const CALIBRATION_IMAGES = 1024;
const CALIBRATION_BATCH = 128;

/** Prepared training images, not augmented, for measuring batch normalisation; whoever takes them disposes of them. */
export async function* calibrationBatches(
  engine: Engine,
  split: Split,
  image: Preparation,
  seed: number,
): AsyncGenerator<Tensor> {
  const { tf } = engine;
  let left = CALIBRATION_IMAGES;
  for await (const batch of batches(split, { batchSize: CALIBRATION_BATCH, shuffle: { seed, epoch: 0 } })) {
    const shape = [batch.size, split.imageSize, split.imageSize, 3];
    yield tf.tidy(() => normalise(engine, tf.tensor(batch.images, shape, 'int32'), image));
    left -= batch.size;
    if (left <= 0) return;
  }
}

/** `[batch]` class indices → `[batch, classes]`, float32. */
export function oneHot({ tf }: Engine, labels: Tensor, classes: number): Tensor {
  return tf.cast(tf.oneHot(labels as Tensor1D, classes), 'float32');
}

/** Labels as inputs; an image without one (−1) gets class 0 and the weight 0. */
export function labelTensors(tf: Engine['tf'], labels: Int32Array): { labels: Tensor; labelled: Tensor } {
  return {
    labels: tf.tensor1d(
      labels.map((label) => Math.max(label, 0)),
      'int32',
    ),
    labelled: tf.tensor1d(Float32Array.from(labels, (label) => (label < 0 ? 0 : 1))),
  };
}

/** The batch size that a training set allows. */
export function affordableBatchSize(asked: number, images: number, context: Pick<RunContext, 'log'>): number {
  if (asked <= images) return asked;
  context.log('warn', `training.batchSize ${asked} is more than the ${images} training images: ${images} is used`);
  return images;
}
