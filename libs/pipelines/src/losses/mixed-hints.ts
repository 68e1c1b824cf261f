import type { Tensor4D } from '@tensorflow/tfjs';
import { mix, type Mixing } from '#datasets';
import type { Engine, Tensor } from '#engine';
import { averagePoolTo } from '../outputs/average-pool-to.js';

/**
 * The hint of a mixed image: the mixture of those of the two, for the same reason as `mixedSoftLabels`. Of maps, each place
 * by how much of what it stands for is the image's own.
 * @param hints `[batch, width]`, or of maps `[batch, size, size, channels]`
 */
export function mixedHints(engine: Engine, hints: Tensor, { pixels, share }: Mixing): Tensor {
  if (hints.rank === 2) return mix(engine, hints, share);
  const size = hints.shape[1]!;
  // Mixup's share is the same everywhere.
  if (pixels.shape[1] === 1) return mix(engine, hints, pixels);
  // Stored images may be smaller than the network's own, and so than its first maps.
  const places =
    pixels.shape[1]! >= size
      ? averagePoolTo(engine, pixels, size)
      : engine.tf.image.resizeNearestNeighbor(pixels as Tensor4D, [size, size]);
  return mix(engine, hints, places);
}
