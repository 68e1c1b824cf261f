import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';

/** Which of a step's random draws are the augmentation's; nothing else of a step may draw from these streams. */
export const AUGMENTATION_STREAMS = { flip: 0xa001, top: 0xa002, left: 0xa003 } as const;

/**
 * Random crop and mirror image, one draw per image, inside the graph: the same (seed, step) gives the same images to the
 * bit. As torchvision's `RandomCrop(size, padding=crop)` and `RandomHorizontalFlip()` before `ToTensor` and
 * `Normalize`: the border is black (0 before normalisation). `crop` counts pixels of the stored images, so augment comes
 * before `normalise`, which enlarges them. Moves whole pixels and computes no new values.
 * @param images `[batch, height, width, 3]` of 0 to 255, int32 or float32
 * @param draw `seed` of the run; `step`: int32 scalar, an input of the captured function
 * @returns float32 of the same shape
 */
export function augment(
  engine: Engine,
  images: Tensor,
  augmentation: AugmentationSpec,
  draw: { seed: number; step: Tensor },
): Tensor {
  const { tf } = engine;
  const { flip, crop } = augmentation;
  return tf.tidy(() => {
    const x = tf.cast(images, 'float32') as Tensor4D;
    if (!flip && crop === 0) return x;
    const [batch, height, width] = x.shape;
    const uniform = (stream: number): Tensor => engine.kernels.randomUniform([batch], draw.seed, draw.step, stream);
    // One pixel more than is asked for: sampled coordinates are then inside, whatever a float's last bit says.
    const border = crop + 1;
    const padded = tf.pad(x, [
      [0, 0],
      [border, border],
      [border, border],
      [0, 0],
    ]);
    const top = tf.add(offset(engine, uniform(AUGMENTATION_STREAMS.top), crop), 1);
    const left = tf.add(offset(engine, uniform(AUGMENTATION_STREAMS.left), crop), 1);
    const bottom = tf.add(top, height - 1);
    const right = tf.add(left, width - 1);
    // A box from right to left is read mirrored.
    const mirrored = flip ? tf.less(uniform(AUGMENTATION_STREAMS.flip), 0.5) : tf.zeros([batch], 'bool');
    const from = tf.where(mirrored, right, left);
    const to = tf.where(mirrored, left, right);
    const maxRow = height + 2 * border - 1;
    const maxColumn = width + 2 * border - 1;
    const boxes = tf.stack(
      [tf.div(top, maxRow), tf.div(from, maxColumn), tf.div(bottom, maxRow), tf.div(to, maxColumn)],
      1,
    ) as Tensor2D;
    const boxOf = tf.range(0, batch, 1, 'int32') as Tensor1D;
    return tf.image.cropAndResize(padded as Tensor4D, boxes, boxOf, [height, width], 'nearest');
  });
}

/** A whole number from 0 to 2 · crop for each number in [0, 1); float32. */
function offset(engine: Engine, uniform: Tensor, crop: number): Tensor {
  const { tf } = engine;
  // The product may round up to the next whole number.
  return tf.minimum(tf.floor(tf.mul(uniform, 2 * crop + 1)), 2 * crop);
}
