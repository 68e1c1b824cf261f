import type { Preparation } from '#contracts';
import type { Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';
import { enlarge } from './enlarge.js';

/** Largest value of a byte. */
const WHITE = 255;

/**
 * Makes stored images the network's input, inside the graph: (x / 255 − mean) / std per channel, enlarged to
 * `image.size` where they are smaller (bilinear, half-pixel centres, as `torch.nn.functional.interpolate` with
 * `align_corners=False`). Can be captured; on a GPU only the small bytes cross the bus.
 *
 * Normalising first is the same as enlarging first, since both are linear, and touches fewer pixels. Unlike torchvision
 * on a PIL image, enlarging does not round to whole bytes.
 * @param images `[batch, height, width, 3]` of 0 to 255, int32 or float32
 * @returns `[batch, size, size, 3]` float32
 */
export function normalise(engine: Engine, images: Tensor, image: Pick<Preparation, 'size' | 'mean' | 'std'>): Tensor {
  const { tf } = engine;
  return tf.tidy(() => {
    const scale = tf.tensor1d(image.std.map((std) => 1 / (WHITE * std)));
    const shift = tf.tensor1d(image.mean.map((mean, channel) => -mean / image.std[channel]));
    const normalised = tf.add(tf.mul(tf.cast(images, 'float32'), scale), shift) as Tensor4D;
    const [, height, width] = normalised.shape;
    if (height === image.size && width === image.size) return normalised;
    return enlarge(engine, normalised, image.size);
  });
}
