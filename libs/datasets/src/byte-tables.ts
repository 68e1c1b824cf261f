import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/** Values of a byte. */
const VALUES = 256;
const WHITE = VALUES - 1;

/** What is done to the colours of each image, one number for each: `[batch, 1]`. */
export interface TableParameters {
  /** Colours are rounded down to a multiple of it; 1 leaves them alone. */
  posterize: Tensor;
  /** Colours from it on are inverted; 256 leaves them alone. */
  solarize: Tensor;
  /** 1: the darkest value of a channel becomes 0 and the brightest 255. */
  autoContrast: Tensor;
  /** 1: the histogram of each channel is equalised, as Pillow's `ImageOps.equalize` has it. */
  equalize: Tensor;
}

/**
 * Replaces every byte of an image by what a table of its channel says: what looks at one colour at a time is computed for
 * the 256 values, not for every pixel, and looked up once.
 * @param images `[batch, height, width, 3]` of whole numbers from 0 to 255, float32
 * @returns the same
 */
export function throughTables(tf: Engine['tf'], images: Tensor4D, parameters: TableParameters): Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const planes = batch * channels;
  return tf.tidy(() => {
    // One row for each channel of each image.
    const ofPlanes = (values: Tensor): Tensor => tf.reshape(tf.tile(values, [1, channels]), [planes, 1]);
    const posterize = ofPlanes(parameters.posterize);
    const solarize = ofPlanes(parameters.solarize);
    const lowest = tf.reshape(tf.min(images, [1, 2]), [planes, 1]);
    const brightest = tf.max(images, [1, 2], true);
    const offsets = tf.reshape(tf.range(0, planes * VALUES, VALUES, 'int32'), [batch, 1, 1, channels]);
    const places = tf.reshape(tf.add(tf.cast(images, 'int32'), offsets), [-1]) as Tensor1D;
    const counts = tf.reshape(tf.bincount(places, tf.tensor1d([], 'float32'), planes * VALUES), [planes, VALUES]);

    let table: Tensor = tf.tile(tf.reshape(tf.range(0, VALUES, 1, 'float32'), [1, VALUES]), [planes, 1]);
    table = tf.mul(tf.floor(tf.div(table, posterize)), posterize);
    table = tf.where(tf.greaterEqual(table, solarize), tf.sub(WHITE, table), table);
    table = stretched(tf, table, lowest, tf.reshape(brightest, [planes, 1]), ofPlanes(parameters.autoContrast));
    table = equalized(tf, table, counts, ofPlanes(parameters.equalize));
    const found = tf.gatherND(tf.reshape(table, [-1]), tf.expandDims(places, 1));
    return tf.reshape(found, [batch, height, width, channels]);
  });
}

/** From 0 to 255, where `applies` is 1 and a channel has more than one value. */
function stretched(tf: Engine['tf'], table: Tensor, lowest: Tensor, brightest: Tensor, applies: Tensor): Tensor {
  const range = tf.sub(brightest, lowest);
  const does = tf.logicalAnd(tf.greater(range, 0), tf.greater(applies, 0));
  const from = tf.where(does, lowest, tf.zerosLike(lowest));
  const unit = tf.where(does, tf.mul(range, 1 / WHITE), tf.onesLike(range));
  return tf.floor(tf.clipByValue(tf.div(tf.sub(table, from), unit), 0, WHITE));
}

/**
 * With s, the pixels that are darker than the brightest over 255, rounded down, the value v becomes
 * (pixels darker than v + s / 2) / s, each rounded down. Where s is 0 the channel stays as it is.
 * @param counts of each value in each channel
 */
function equalized(tf: Engine['tf'], table: Tensor, counts: Tensor, applies: Tensor): Tensor {
  const darker = tf.cumsum(counts, 1, true);
  // Of the values that occur, the brightest has the most pixels that are darker.
  const below = tf.max(tf.mul(darker, tf.cast(tf.greater(counts, 0), 'float32')), 1, true);
  const step = tf.floor(tf.div(below, WHITE));
  const spread = tf.floor(tf.div(tf.add(darker, tf.floor(tf.div(step, 2))), tf.maximum(step, 1)));
  const does = tf.logicalAnd(tf.greater(step, 0), tf.greater(applies, 0));
  return tf.where(tf.tile(does, [1, VALUES]), tf.clipByValue(spread, 0, WHITE), table);
}
