import type { Engine, Tensor } from '#engine';

/**
 * How channels lie in a tensor: at position p the one that its owner calls `order[p]`. Every channel has one position;
 * `PADDING` is a position of zeros, which belongs to nobody.
 */
export type ChannelOrder = readonly number[];

export const PADDING = -1;

/**
 * `x` with its entries along an axis in another order: at position p the one that was at `order[p]`, or zeros. The
 * gradient brings each back; tfjs's own gradient of a gather adds up segments, since there entries may repeat.
 */
export function reorder(tf: Engine['tf'], x: Tensor, axis: number, order: ChannelOrder): Tensor {
  const permute = tf.customGrad((...inputs) => {
    const [image] = inputs as Tensor[];
    const length = image.shape[axis]!;
    const source = order.length === length ? image : withZerosBehind(tf, image, axis);
    return {
      value: gather(
        tf,
        source,
        axis,
        order.map((from) => (from === PADDING ? length : from)),
      ),
      gradFunc: (dy: Tensor) => gather(tf, dy, axis, positions(order)),
    };
  });
  return tf.tidy(() => permute(x));
}

/** Where each channel lies: what undoes an order, and drops its padding. */
export function positions(order: ChannelOrder): ChannelOrder {
  const own: number[] = [];
  order.forEach((channel, position) => {
    if (channel !== PADDING) own[channel] = position;
  });
  return own;
}

/** The channels as they are, and zeros up to a width. */
export function padded(channels: number, width: number): ChannelOrder {
  return Array.from({ length: width }, (_, position) => (position < channels ? position : PADDING));
}

function withZerosBehind(tf: Engine['tf'], x: Tensor, axis: number): Tensor {
  return tf.pad(
    x,
    x.shape.map((_, index): [number, number] => [0, index === axis ? 1 : 0]),
  );
}

function gather(tf: Engine['tf'], x: Tensor, axis: number, indices: readonly number[]): Tensor {
  return tf.tidy(() => tf.gather(x, tf.tensor1d([...indices], 'int32'), axis));
}
