import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/**
 * Bilinear enlargement with half-pixel centres, as `torch.nn.functional.interpolate` with `align_corners=False`. Its
 * gradient is its own transpose: TensorFlow.js's ignores the half pixels, and an attack that followed it would go astray.
 * @param images `[batch, height, width, channels]`
 * @returns `[batch, size, size, channels]`
 */
export function enlarge({ tf }: Engine, images: Tensor4D, size: number): Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const resize = tf.customGrad((x) => ({
    value: tf.image.resizeBilinear(x as Tensor4D, [size, size], false, true),
    gradFunc: (dy: Tensor) => {
      const rows = tf.reshape(dy, [batch, size, size * channels]) as Tensor3D;
      const shrunk = tf.matMul(transposed(tf, height, size), rows);
      const columns = tf.reshape(shrunk, [batch * height, size, channels]) as Tensor3D;
      return tf.reshape(tf.matMul(transposed(tf, width, size), columns), images.shape);
    },
  }));
  return resize(images) as Tensor4D;
}

/** `[1, from, to]`: how much each of `from` pixels is in each of the `to` pixels of a line. */
function transposed(tf: Engine['tf'], from: number, to: number): Tensor3D {
  const shares = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const below = Math.min(from - 1, Math.floor(at));
    const above = Math.min(from - 1, below + 1);
    shares[below * to + i] += 1 - (at - below);
    shares[above * to + i] += at - below;
  }
  return tf.tensor3d(shares, [1, from, to]);
}
