import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

/**
 * A tensor's values, read from the backend and not through the tensor: for kernels of the eager backends, which may
 * look at their inputs where a captured function may not.
 */
export function readUnguarded(tf: Tf, tensor: Tensor): Float32Array | Int32Array | Uint8Array {
  return tf.backend().readSync(tensor.dataId) as Float32Array | Int32Array | Uint8Array;
}
