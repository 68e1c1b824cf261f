import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/** Values of a byte. */
const VALUES = 256;

/**
 * Histogram equalisation of each channel of each image, as Pillow's `ImageOps.equalize` has it: with s, the pixels that
 * are darker than the brightest over 255, rounded down, the value v becomes (pixels darker than v + s / 2) / s, each
 * rounded down. Where s is 0 the channel stays as it is.
 * @param images `[batch, height, width, 3]` of whole numbers from 0 to 255, float32
 * @param applies 1 for the images that it is done to, else 0; `[batch, 1, 1]`
 */
export function equalize(tf: Engine['tf'], images: Tensor4D, applies: Tensor): Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const planes = batch * channels;
  return tf.tidy(() => {
    // Every plane has a histogram of its own, behind those of the planes before it.
    const offsets = tf.reshape(tf.range(0, planes * VALUES, VALUES, 'int32'), [batch, 1, 1, channels]);
    const bins = tf.reshape(tf.add(tf.cast(images, 'int32'), offsets), [-1, 1]) as Tensor2D;
    // What is scattered to one place is added up.
    const counts = tf.scatterND(bins, tf.ones([bins.size]), [planes * VALUES]);
    const darker = tf.cumsum(tf.reshape(counts, [planes, VALUES]), 1, true);
    const brightest = tf.max(images, [1, 2], true);
    const below = tf.sum(tf.cast(tf.less(images, brightest), 'float32'), [1, 2]);
    const step = tf.floor(tf.div(tf.reshape(below, [planes, 1]), VALUES - 1));
    const table = tf.clipByValue(
      tf.floor(tf.div(tf.add(darker, tf.floor(tf.div(step, 2))), tf.maximum(step, 1))),
      0,
      VALUES - 1,
    );
    const asked = tf.reshape(tf.tile(tf.reshape(applies, [batch, 1]), [1, channels]), [planes, 1]);
    const does = tf.logicalAnd(tf.greater(step, 0), tf.greater(asked, 0));
    const same = tf.reshape(tf.range(0, VALUES, 1, 'float32'), [1, VALUES]);
    const chosen = tf.where(tf.tile(does, [1, VALUES]), table, tf.tile(same, [planes, 1]));
    return tf.reshape(tf.gatherND(tf.reshape(chosen, [-1]), bins), [batch, height, width, channels]);
  });
}
