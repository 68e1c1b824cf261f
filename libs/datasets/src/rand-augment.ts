import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import { throughTables } from './byte-tables.js';
import type { Draw } from './draw.js';
import { operationParameters, RAND_AUGMENT_OPERATIONS } from './rand-augment-operations.js';

/** Largest value of a byte. */
const WHITE = 255;
/** Brightness of a colour, ITU-R BT.601, in torchvision's four digits. */
const LUMA = [0.2989, 0.587, 0.114];
/** Numbers of `OperationParameters`, one after the other. */
const COLUMNS = 14;

/** One number for each image, `[batch, 1]`. */
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
    const columns = tf.split(chosen, COLUMNS, 1);
    const [factor, luma, mean, blur, posterize, solarize, autoContrast, equalize] = columns.slice(6);
    const blended = blend(tf, sampled(tf, images, columns), { factor, luma, mean, blur });
    return throughTables(tf, blended, { posterize, solarize, autoContrast, equalize });
  });
}

/** Each pixel from where the affine map of its image says, the nearest one; black from outside. */
function sampled(tf: Engine['tf'], images: Tensor4D, [a, b, c, d, e, f]: Columns): Tensor4D {
  const [batch, height, width] = images.shape;
  const centred = (length: number): Tensor => tf.sub(tf.range(0, length, 1, 'float32'), (length - 1) / 2);
  const x = tf.reshape(centred(width), [1, 1, width]);
  const y = tf.reshape(centred(height), [1, height, 1]);
  const source = (byX: Tensor, byY: Tensor, shift: Tensor, length: number) => {
    const [u, v, w] = [byX, byY, shift].map((column) => tf.reshape(column, [batch, 1, 1]));
    const place = tf.round(tf.add(tf.add(tf.mul(x, u), tf.add(w, (length - 1) / 2)), tf.mul(y, v)));
    const nearest = tf.clipByValue(place, 0, length - 1);
    return { nearest: tf.cast(nearest, 'int32'), inside: tf.equal(place, nearest) };
  };
  const column = source(a, b, c, width);
  const row = source(d, e, f, height);
  const first = tf.reshape(tf.range(0, batch * height * width, height * width, 'int32'), [batch, 1, 1]);
  const places = tf.add(tf.add(tf.mul(row.nearest, tf.scalar(width, 'int32')), column.nearest), first);
  const pixels = tf.reshape(images, [-1, 3]) as Tensor2D;
  const found = tf.reshape(tf.gatherND(pixels, tf.reshape(places, [-1, 1])), images.shape);
  const inside = tf.cast(tf.logicalAnd(row.inside, column.inside), 'float32');
  return tf.mul(found, tf.expandDims(inside, 3)) as Tensor4D;
}

/**
 * f·x + (1 − f)·other, or x + s·(blurred x − x), as whole bytes, rounded down. `other` is the luma, or its mean, or black.
 */
function blend(
  tf: Engine['tf'],
  images: Tensor4D,
  columns: Record<'factor' | 'luma' | 'mean' | 'blur', Tensor>,
): Tensor4D {
  const [factor, luma, mean, blur] = [columns.factor, columns.luma, columns.mean, columns.blur].map((column) =>
    tf.reshape(column, [-1, 1, 1, 1]),
  );
  const [red, green, blue] = tf.split(images, 3, 3);
  const grey = tf.floor(tf.add(tf.add(tf.mul(red, LUMA[0]), tf.mul(green, LUMA[1])), tf.mul(blue, LUMA[2])));
  const other = tf.add(tf.mul(grey, luma), tf.mul(tf.mean(grey, [1, 2], true), mean));
  const mixed = tf.add(tf.mul(images, factor), tf.mul(other, tf.sub(1, factor)));
  return tf.floor(tf.clipByValue(tf.add(mixed, tf.mul(softening(tf, images), blur)), 0, WHITE)) as Tensor4D;
}

/**
 * What blurring adds to each pixel: of the blurred one, five parts of thirteen are its own and one is each of its eight
 * neighbours'. The border is left as it is.
 */
function softening(tf: Engine['tf'], images: Tensor4D): Tensor {
  const [batch, height, width, channels] = images.shape;
  if (height < 3 || width < 3) return tf.zerosLike(images);
  const neighbourhood = tf.mul(tf.avgPool(images, 3, 1, 'valid'), 9 / 13);
  const centre = tf.slice(images, [0, 1, 1, 0], [batch, height - 2, width - 2, channels]);
  const soft = tf.round(tf.add(neighbourhood, tf.mul(centre, 4 / 13)));
  return tf.pad(tf.sub(soft, centre), [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
}
