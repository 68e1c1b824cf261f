import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { mixedHints } from './mixed-hints.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('mixedHints', () => {
  /** Of the left half of an image, of `size` pixels, nothing is its own. */
  const leftHalf = (size: number) => {
    const { tf } = engine;
    const columns = Array.from({ length: size }, (_, at) => (at < size / 2 ? 0 : 1));
    return { pixels: tf.tile(tf.tensor(columns, [1, 1, size, 1]), [1, size, 1, 1]), share: tf.scalar(0.5) };
  };

  it('are by how much of each place is the image’s own, or of what has no places by its share', () => {
    const { tf } = engine;
    // The partner of each row is the one before it.
    const maps = tf.concat([tf.fill([1, 3, 3, 1], 10), tf.fill([1, 3, 3, 1], 20)], 0);
    const expected = [20, 15, 10, 20, 15, 10, 20, 15, 10, 10, 15, 20, 10, 15, 20, 10, 15, 20];
    const close = expected.map((value) => expect.closeTo(value, 4));
    expect([...mixedHints(engine, maps, leftHalf(6)).dataSync()]).toEqual(close);
    const vectors = tf.tensor2d([10, 20], [2, 1]);
    expect([...mixedHints(engine, vectors, leftHalf(6)).dataSync()]).toEqual([15, 15]);
    const everywhere = { pixels: tf.fill([1, 1, 1, 1], 0.75), share: tf.scalar(0.75) };
    expect([...mixedHints(engine, maps, everywhere).dataSync()].slice(8, 10)).toEqual([12.5, 17.5]);
  });

  it('are so where a stored image has fewer pixels than the map has places', () => {
    const { tf } = engine;
    const maps = tf.concat([tf.fill([1, 4, 4, 1], 10), tf.fill([1, 4, 4, 1], 20)], 0);
    expect([...mixedHints(engine, maps, leftHalf(2)).dataSync()].slice(0, 4)).toEqual([20, 20, 10, 10]);
  });
});
