import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import type { Draw } from './draw.js';
import type { Mixing } from './mixing.js';
import { symmetricBeta } from './symmetric-beta.js';

/**
 * CutMix (Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019):
 * a rectangle of each image is the partner's. Its sides are √(1 − λ) of the image's, λ from Beta(α, α), and its centre
 * is anywhere; one rectangle for a batch.
 */
export function cutmix(engine: Engine, alpha: number, size: { height: number; width: number }, draw: Draw): Mixing {
  const { tf, kernels } = engine;
  const uniform = (stream: 'cutmix' | 'cutmixRow' | 'cutmixColumn'): Tensor =>
    tf.reshape(kernels.randomUniform([1], draw.seed, draw.step, AUGMENTATION_STREAMS[stream]), []);
  // The product may round up to the next whole number.
  const pixel = (u: Tensor, length: number): Tensor => tf.minimum(tf.floor(tf.mul(u, length)), length - 1);
  return cutmixBy(engine, size, {
    share: symmetricBeta(engine, alpha, uniform('cutmix')),
    row: pixel(uniform('cutmixRow'), size.height),
    column: pixel(uniform('cutmixColumn'), size.width),
  });
}

/**
 * As torchvision's `v2.CutMix` with these draws: half the sides are rounded down, what is outside is cut off, and the
 * share of the label is what is left of the image.
 * @param drawn scalars: λ, and the pixel at the rectangle's centre
 */
export function cutmixBy(
  { tf }: Engine,
  { height, width }: { height: number; width: number },
  { share, row, column }: { share: Tensor; row: Tensor; column: Tensor },
): Mixing {
  const half = tf.mul(tf.sqrt(tf.sub(1, share)), 0.5);
  const along = (centre: Tensor, length: number) => {
    const reach = tf.floor(tf.mul(half, length));
    const from = tf.maximum(tf.sub(centre, reach), 0);
    const to = tf.minimum(tf.add(centre, reach), length);
    const places = tf.range(0, length, 1, 'float32');
    const inside = tf.logicalAnd(tf.greaterEqual(places, from), tf.less(places, to));
    return { length: tf.sub(to, from), inside: tf.cast(inside, 'float32') };
  };
  const rows = along(row, height);
  const columns = along(column, width);
  const rectangle = tf.mul(tf.reshape(rows.inside, [1, height, 1, 1]), tf.reshape(columns.inside, [1, 1, width, 1]));
  const area = tf.div(tf.mul(rows.length, columns.length), height * width);
  return { pixels: tf.sub(1, rectangle), share: tf.sub(1, area) };
}
