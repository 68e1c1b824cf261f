import type { Tensor4D } from '@tensorflow/tfjs';
import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import { colourJitter } from './colour-jitter.js';
import type { Draw } from './draw.js';
import { placeImages } from './place-images.js';
import { randAugment } from './rand-augment.js';

/**
 * What is done to each image of a batch by itself: random crop, mirror image, RandAugment, then colours, one draw per
 * image, inside the graph: the same (seed, step) gives the same images to the bit. As torchvision's
 * `RandomCrop(size, padding=crop)`, `RandomHorizontalFlip()`, `RandAugment(operations, magnitude)` and `ColorJitter`
 * before `Normalize`: the border is black (0 before normalisation). `crop` counts pixels of the stored images, so augment
 * comes before `normalise`, which enlarges them.
 * @param images `[batch, height, width, 3]` of 0 to 255, int32 or float32
 * @returns float32 of the same shape and range
 */
export function augment(engine: Engine, images: Tensor, augmentation: AugmentationSpec, draw: Draw): Tensor {
  const { tf } = engine;
  return tf.tidy(() => {
    const moved = shiftAndMirror(engine, tf.cast(images, 'float32') as Tensor4D, augmentation, draw);
    const { randAugment: asked } = augmentation;
    const augmented = asked === undefined ? moved : randAugment(engine, moved, asked, draw);
    return colourJitter(engine, augmented, augmentation, draw);
  });
}

/** Moves whole pixels and computes no new values. */
function shiftAndMirror(
  engine: Engine,
  images: Tensor4D,
  { flip, crop }: Pick<AugmentationSpec, 'flip' | 'crop'>,
  draw: Draw,
): Tensor4D {
  if (!flip && crop === 0) return images;
  const { tf } = engine;
  const [batch] = images.shape;
  const uniform = (stream: number): Tensor => engine.kernels.randomUniform([batch], draw.seed, draw.step, stream);
  const distance = (stream: number): Tensor => tf.sub(offset(engine, uniform(stream), crop), crop);
  const placement = {
    top: distance(AUGMENTATION_STREAMS.top),
    left: distance(AUGMENTATION_STREAMS.left),
    mirrored: flip ? tf.less(uniform(AUGMENTATION_STREAMS.flip), 0.5) : tf.zeros([batch], 'bool'),
  };
  return placeImages(engine, images, placement, crop);
}

/** A whole number from 0 to 2 · crop for each number in [0, 1); float32. */
function offset(engine: Engine, uniform: Tensor, crop: number): Tensor {
  const { tf } = engine;
  // The product may round up to the next whole number.
  return tf.minimum(tf.floor(tf.mul(uniform, 2 * crop + 1)), 2 * crop);
}
