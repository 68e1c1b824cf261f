import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import type { Draw } from './draw.js';
import { equalize } from './equalize.js';
import { operationParameters, RAND_AUGMENT_OPERATIONS } from './rand-augment-operations.js';

/** Largest value of a byte. */
const WHITE = 255;
/** Brightness of a colour, ITU-R BT.601, in torchvision's four digits. */
const LUMA = [0.2989, 0.587, 0.114];
/** Numbers of `OperationParameters`, one after the other. */
const COLUMNS = 14;

/** Red, green and blue of a batch, `[batch, height, width]` each. */
type Planes = [Tensor, Tensor, Tensor];
/** One number for each image, `[batch, 1, 1]`. */
type Columns = readonly Tensor[];

/**
 * RandAugment (Cubuk, Zoph, Shlens & Le, "RandAugment: Practical automated data augmentation with a reduced search
 * space", 2020) in the graph: each image gets `operations` of the fourteen, drawn for it alone, one after the other, each
 * with the strength `magnitude`. As `torchvision.transforms.v2.RandAugment` on bytes: nearest sampling, black outside.
 * @param images `[batch, height, width, 3]` of whole numbers from 0 to 255, float32
 * @returns the same
 */
export function randAugment(
  engine: Engine,
  images: Tensor4D,
  { operations, magnitude }: NonNullable<AugmentationSpec['randAugment']>,
  draw: Draw,
): Tensor4D {
  const { tf, kernels } = engine;
  const [batch] = images.shape;
  return tf.tidy(() => {
    const uniform = (stream: number): Tensor => kernels.randomUniform([batch], draw.seed, draw.step, stream);
    let augmented = images;
    for (let round = 0; round < operations; round++) {
      const count = RAND_AUGMENT_OPERATIONS.length;
      const drawn = tf.mul(uniform(AUGMENTATION_STREAMS.randAugmentOperation + round), count);
      // The product may round up to the next whole number.
      const operation = tf.cast(tf.minimum(tf.floor(drawn), count - 1), 'int32');
      const negative = tf.cast(tf.less(uniform(AUGMENTATION_STREAMS.randAugmentSign + round), 0.5), 'int32');
      augmented = applyRandAugment(engine, augmented, { operation, negative }, magnitude);
    }
    return augmented;
  });
}

/**
 * One operation for each image. All images take the same steps, most of them without effect: a graph cannot take another
 * way for each image, and together the steps cost less than fourteen operations of which one is taken.
 * @param drawn place in `RAND_AUGMENT_OPERATIONS`, and 1 for the opposite direction or 0: `[batch]`, int32
 */
export function applyRandAugment(
  { tf }: Engine,
  images: Tensor4D,
  { operation, negative }: { operation: Tensor; negative: Tensor },
  magnitude: number,
): Tensor4D {
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const rows = RAND_AUGMENT_OPERATIONS.flatMap((name) =>
      ([1, -1] as const).map((sign) => {
        const { affine, ...others } = operationParameters(name, magnitude, sign, { height, width });
        return [...affine, ...Object.values(others)];
      }),
    );
    const table = tf.tensor2d(rows, [rows.length, COLUMNS]);
    const row = tf.add(tf.mul(operation, tf.scalar(2, 'int32')), negative);
    const chosen = tf.gatherND(table, tf.expandDims(row, 1));
    const columns = tf.split(chosen, COLUMNS, 1).map((column) => tf.reshape(column, [-1, 1, 1]));
    const [factor, luma, mean, blur, posterize, solarize, autoContrast, equalized] = columns.slice(6);

    let planes = tf.unstack(sampled(tf, images, columns), 3) as unknown as Planes;
    planes = blended(tf, planes, { factor, luma, mean });
    const each = (change: (plane: Tensor) => Tensor): Planes => planes.map(change) as Planes;
    planes = each((plane) => whole(tf, tf.add(plane, tf.mul(softening(tf, plane), blur))));
    planes = each((plane) => tf.mul(tf.floor(tf.div(plane, posterize)), posterize));
    planes = each((plane) => tf.where(tf.greaterEqual(plane, solarize), tf.sub(WHITE, plane), plane));
    planes = each((plane) => stretched(tf, plane, autoContrast));
    return equalize(tf, tf.stack(planes, 3) as Tensor4D, equalized);
  });
}

/** Each pixel from where the affine map of its image says, the nearest one; black from outside. */
function sampled(tf: Engine['tf'], images: Tensor4D, [a, b, c, d, e, f]: Columns): Tensor4D {
  const [batch, height, width] = images.shape;
  const centred = (length: number): Tensor => tf.sub(tf.range(0, length, 1, 'float32'), (length - 1) / 2);
  const x = tf.reshape(centred(width), [1, 1, width]);
  const y = tf.reshape(centred(height), [1, height, 1]);
  const source = (byX: Tensor, byY: Tensor, shift: Tensor, length: number): Tensor =>
    tf.round(tf.add(tf.add(tf.add(tf.mul(x, byX), tf.mul(y, byY)), shift), (length - 1) / 2));
  const column = source(a, b, c, width);
  const row = source(d, e, f, height);
  const within = (places: Tensor, length: number): Tensor =>
    tf.logicalAnd(tf.greaterEqual(places, 0), tf.less(places, length));
  const inside = tf.logicalAnd(within(column, width), within(row, height));
  const clipped = (places: Tensor, length: number): Tensor => tf.cast(tf.clipByValue(places, 0, length - 1), 'int32');
  const first = tf.reshape(tf.range(0, batch * height * width, height * width, 'int32'), [-1, 1, 1]);
  const ofRow = tf.mul(clipped(row, height), tf.scalar(width, 'int32'));
  const places = tf.add(tf.add(ofRow, clipped(column, width)), first);
  const pixels = tf.reshape(images, [-1, 3]) as Tensor2D;
  const found = tf.reshape(tf.gatherND(pixels, tf.reshape(places, [-1, 1])), images.shape);
  return tf.mul(found, tf.expandDims(tf.cast(inside, 'float32'), 3)) as Tensor4D;
}

/** f·x + (1 − f)·other, cut off to bytes. */
function blended(
  tf: Engine['tf'],
  planes: Planes,
  { factor, luma, mean }: Record<'factor' | 'luma' | 'mean', Tensor>,
): Planes {
  const [red, green, blue] = planes;
  const grey = tf.floor(tf.add(tf.add(tf.mul(red, LUMA[0]), tf.mul(green, LUMA[1])), tf.mul(blue, LUMA[2])));
  const other = tf.add(tf.mul(grey, luma), tf.mul(tf.mean(grey, [1, 2], true), mean));
  const rest = tf.mul(other, tf.sub(1, factor));
  return planes.map((plane) => whole(tf, tf.add(tf.mul(plane, factor), rest))) as Planes;
}

/** As a byte, rounded down. */
function whole(tf: Engine['tf'], plane: Tensor): Tensor {
  return tf.floor(tf.clipByValue(plane, 0, WHITE));
}

/**
 * What blurring adds to each pixel: of the blurred one, five parts of thirteen are its own and one is each of its eight
 * neighbours'. The border is left as it is.
 */
function softening(tf: Engine['tf'], plane: Tensor): Tensor {
  const [batch, height, width] = plane.shape;
  if (height < 3 || width < 3) return tf.zerosLike(plane);
  const image = tf.expandDims(plane, 3) as Tensor4D;
  const neighbourhood = tf.reshape(tf.avgPool(image, 3, 1, 'valid'), [batch, height - 2, width - 2]);
  const centre = tf.slice(plane, [0, 1, 1], [batch, height - 2, width - 2]);
  const soft = tf.round(tf.div(tf.add(tf.mul(neighbourhood, 9), tf.mul(centre, 4)), 13));
  return tf.pad(tf.sub(soft, centre), [
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
}

/** The darkest value of a plane becomes 0 and the brightest 255, where `applies` is 1. */
function stretched(tf: Engine['tf'], plane: Tensor, applies: Tensor): Tensor {
  const lowest = tf.min(plane, [1, 2], true);
  const range = tf.sub(tf.max(plane, [1, 2], true), lowest);
  const does = tf.logicalAnd(tf.greater(range, 0), tf.greater(applies, 0));
  const from = tf.where(does, lowest, tf.zerosLike(lowest));
  const unit = tf.where(does, tf.mul(range, 1 / WHITE), tf.onesLike(range));
  return whole(tf, tf.div(tf.sub(plane, from), unit));
}
