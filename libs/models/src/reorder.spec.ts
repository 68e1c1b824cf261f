import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { PADDING, padded, positions, reorder } from './reorder.js';

describe('reorder', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
  });

  it('puts at each position the entry that the order names', () => {
    const x = engine.tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(reorder(engine.tf, x, 1, [2, 0, 1]).arraySync()).toEqual([
      [3, 1, 2],
      [6, 4, 5],
    ]);
    expect(reorder(engine.tf, x, 0, [1, 0]).arraySync()).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
  });

  it('brings the gradient of each entry back to where it came from', () => {
    const { tf } = engine;
    const gradient = tf.grad(
      (x) =>
        reorder(tf, x, 0, [2, 0, 1])
          .mul(tf.tensor1d([10, 20, 30]))
          .sum() as never,
    );
    expect([...gradient(tf.tensor1d([1, 1, 1])).dataSync()]).toEqual([20, 30, 10]);
  });

  it('pads with zeros, and gives their gradient to nobody', () => {
    const { tf } = engine;
    const order = [1, PADDING, 0, PADDING];
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    expect(reorder(tf, x, 1, order).arraySync()).toEqual([
      [2, 0, 1, 0],
      [4, 0, 3, 0],
    ]);
    const gradient = tf.grad(
      (x) =>
        reorder(tf, x, 0, order)
          .mul(tf.tensor1d([10, 20, 30, 40]))
          .sum() as never,
    );
    expect([...gradient(tf.tensor1d([1, 1])).dataSync()]).toEqual([30, 10]);
  });

  it('is undone by the positions', () => {
    expect(positions([2, 0, 1])).toEqual([1, 2, 0]);
    expect(positions([1, PADDING, 0, PADDING])).toEqual([2, 0]);
    expect(padded(2, 4)).toEqual([0, 1, PADDING, PADDING]);
  });
});
