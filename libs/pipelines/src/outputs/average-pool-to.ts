import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/**
 * Maps of `size` × `size` places, each the mean of the places that it stands for: PyTorch's `adaptive_avg_pool2d`, where
 * place i of n stands for the rows ⌊i·height/n⌋ to ⌈(i + 1)·height/n⌉ − 1. Means, since nothing of the larger map is passed
 * over then; bilinear interpolation to a quarter of the size would look at one place in four.
 * @param maps `[batch, height, width, channels]`, neither height nor width below `size`
 * @returns `[batch, size, size, channels]`
 */
export function averagePoolTo({ tf }: Engine, maps: Tensor, size: number): Tensor {
  const [batch, height, width, channels] = maps.shape;
  if (height < size || width < size) throw new Error(`maps of ${height}×${width} places have no ${size}×${size} parts`);
  if (height === size && width === size) return maps;
  if (height % size === 0 && width % size === 0) {
    const window: [number, number] = [height / size, width / size];
    return tf.avgPool(maps as Tensor4D, window, window, 'valid');
  }
  return tf.tidy(() => {
    const overRows = tf.matMul(
      means(tf, height, size),
      tf.reshape(maps, [batch, height, width * channels]) as Tensor3D,
    );
    const rows = tf.reshape(overRows, [batch * size, width, channels]) as Tensor3D;
    return tf.reshape(tf.matMul(means(tf, width, size), rows), [batch, size, size, channels]);
  });
}

/** `[1, size, length]`: what of `length` places each of `size` is the mean of. */
function means(tf: Engine['tf'], length: number, size: number): Tensor3D {
  const rows = Array.from({ length: size }, (_, i) => {
    const [from, to] = [Math.floor((i * length) / size), Math.ceil(((i + 1) * length) / size)];
    return Array.from({ length }, (_, place) => (place >= from && place < to ? 1 / (to - from) : 0));
  });
  return tf.tensor3d([rows]);
}
