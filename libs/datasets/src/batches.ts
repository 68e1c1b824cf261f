import type { Batch, Split } from './dataset.js';
import { permutation } from './permutation.js';

export interface BatchesOptions {
  batchSize: number;
  /** A new order for every epoch. Without it, the split's own order. */
  shuffle?: { seed: number; epoch: number };
  /** Places in the split, in the order in which they are wanted, some of them perhaps more than once; not with `shuffle`. */
  order?: Int32Array;
  /** Leaves out a last batch of fewer than `batchSize` images. */
  dropRemainder?: boolean;
  /** The first batch to give, to go on in the middle of an epoch. Default 0. */
  firstBatch?: number;
  signal?: AbortSignal;
}

/**
 * One epoch of a split in batches; the next batch is read while the caller works on this one. The order is a pure
 * function of the split's length, seed and epoch.
 *
 * A batch's `images` are valid until the next batch is asked for: two buffers take turns. `labels` and `indices` are
 * the caller's to keep.
 * @throws the signal's reason, where it is aborted
 */
export async function* batches(split: Split, options: BatchesOptions): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, shuffle, signal } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batchSize ${batchSize} is no positive integer`);
  const order =
    options.order ??
    (shuffle === undefined
      ? Int32Array.from({ length: split.length }, (_, i) => i)
      : permutation(split.length, shuffle.seed, shuffle.epoch));
  const count = batchCount(order.length, batchSize, options.dropRemainder);
  const imageBytes = split.imageSize ** 2 * 3;
  const bufferSize = Math.min(batchSize, order.length) * imageBytes;
  const buffers = [new Uint8Array(bufferSize), new Uint8Array(bufferSize)];

  const readBatch = async (number: number): Promise<Batch> => {
    const indices = order.slice(number * batchSize, (number + 1) * batchSize);
    const images = buffers[number % 2].subarray(0, indices.length * imageBytes);
    await split.read(indices, images);
    return { images, labels: indices.map((index) => split.labels[index]), indices, size: indices.length };
  };
  const first = options.firstBatch ?? 0;
  let pending = first < count ? start(readBatch(first)) : undefined;
  try {
    for (let number = first; pending !== undefined; number++) {
      signal?.throwIfAborted();
      const batch = await pending;
      pending = number + 1 < count ? start(readBatch(number + 1)) : undefined;
      yield batch;
    }
  } finally {
    // A read must not outlive the iteration: its file may be closed next.
    await pending?.catch(() => {});
  }
}

/** How many batches an epoch has. */
export function batchCount(length: number, batchSize: number, dropRemainder = false): number {
  return dropRemainder ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/** Its failure is seen when the batch is awaited, which may be later than Node waits for a handler. */
function start<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
