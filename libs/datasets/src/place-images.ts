import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/** How each image of a batch is moved against its frame. `[batch]` each. */
export interface Placement {
  /** Pixels by which the frame lies below the image's own, negative above; what it shows beyond the image is black. */
  top: Tensor;
  /** Pixels to the right. */
  left: Tensor;
  /** bool: left and right change places. */
  mirrored: Tensor;
}

/**
 * Cuts each image of a batch out of itself, padded with black, and mirrors some: as torchvision's
 * `RandomCrop(size, padding=most)` and `RandomHorizontalFlip()` do, with the draws given.
 * @param images `[batch, height, width, 3]`
 * @param most the largest distance that `top` and `left` may have
 * @param options.whole every distance is a whole number of pixels: values are moved, and none is computed. Otherwise
 *   they are interpolated, bilinearly.
 */
export function placeImages(
  { tf }: Engine,
  images: Tensor4D,
  { top, left, mirrored }: Placement,
  most: number,
  { whole = true }: { whole?: boolean } = {},
): Tensor4D {
  const [batch, height, width] = images.shape;
  // One pixel more than is asked for: sampled coordinates are then inside, whatever a float's last bit says.
  const border = Math.ceil(most) + 1;
  const padded = tf.pad(images, [
    [0, 0],
    [border, border],
    [border, border],
    [0, 0],
  ]);
  const above = tf.add(top, border);
  const before = tf.add(left, border);
  const bottom = tf.add(above, height - 1);
  const after = tf.add(before, width - 1);
  // A box from right to left is read mirrored.
  const from = tf.where(mirrored, after, before);
  const to = tf.where(mirrored, before, after);
  const maxRow = height + 2 * border - 1;
  const maxColumn = width + 2 * border - 1;
  const boxes = tf.stack(
    [tf.div(above, maxRow), tf.div(from, maxColumn), tf.div(bottom, maxRow), tf.div(to, maxColumn)],
    1,
  ) as Tensor2D;
  const boxOf = tf.range(0, batch, 1, 'int32') as Tensor1D;
  return tf.image.cropAndResize(padded as Tensor4D, boxes, boxOf, [height, width], whole ? 'nearest' : 'bilinear');
}
