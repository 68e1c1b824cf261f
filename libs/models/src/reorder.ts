import type { Engine, Tensor } from '#engine';

/** A permutation of channels: the channel at position p is the one that its owner calls `order[p]`. */
export type ChannelOrder = readonly number[];

/**
 * `x` with its entries along an axis in another order: at position p the one that was at `order[p]`. The gradient is
 * the inverse permutation; tfjs's own gradient of a gather adds up segments, since there entries may repeat.
 */
export function reorder(tf: Engine['tf'], x: Tensor, axis: number, order: ChannelOrder): Tensor {
  const permute = tf.customGrad((...inputs) => {
    const [image] = inputs as Tensor[];
    return {
      value: gather(tf, image, axis, order),
      gradFunc: (dy: Tensor) => gather(tf, dy, axis, inverseOrder(order)),
    };
  });
  return permute(x);
}

/** The permutation that undoes another. */
export function inverseOrder(order: ChannelOrder): ChannelOrder {
  const inverse = new Array<number>(order.length);
  order.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

function gather(tf: Engine['tf'], x: Tensor, axis: number, order: ChannelOrder): Tensor {
  return tf.tidy(() => tf.gather(x, tf.tensor1d([...order], 'int32'), axis));
}
