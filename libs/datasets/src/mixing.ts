import type { Engine, Tensor } from '#engine';

/** How the images of a batch are mixed with their partners. */
export interface Mixing {
  /** How much of each pixel is the image's own, 0 to 1; broadcasts to `[batch, height, width, 3]`. */
  pixels: Tensor;
  /** How much of its label is the image's own, 0 to 1; scalar. */
  share: Tensor;
}

/**
 * share · rows + (1 − share) · their partners': of images with `mixing.pixels`, of targets with `mixing.share`.
 * @param rows `[batch, …]`, float32
 */
export function mix<T extends Tensor>(engine: Engine, rows: T, share: Tensor): T {
  const { tf } = engine;
  return tf.tidy(() => tf.add(tf.mul(rows, share), tf.mul(partners(engine, rows), tf.sub(1, share))) as T);
}

/**
 * Each row's partner: the row before it, the first one's the last (torchvision's `roll(1, 0)`). Batches are shuffled, so
 * that is as random as a permutation would be.
 */
export function partners<T extends Tensor>({ tf }: Engine, rows: T): T {
  const [batch, ...rest] = rows.shape;
  if (batch === 1) return rows;
  const from = (first: number, count: number): Tensor =>
    tf.slice(rows, [first, ...rest.map(() => 0)], [count, ...rest]);
  return tf.concat([from(batch - 1, 1), from(0, batch - 1)], 0) as T;
}
