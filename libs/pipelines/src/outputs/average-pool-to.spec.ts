import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { averagePoolTo } from './average-pool-to.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

/** PyTorch's numbers and gradients are compared in losses/hint.spec.ts. */
describe('averagePoolTo', () => {
  it('is right by hand, where windows overlap too', () => {
    const { tf } = engine;
    const row = tf.tensor([1, 2, 3, 4, 5], [1, 5, 1, 1]);
    const square = tf.tile(row, [1, 1, 5, 1]);
    // Rows 0 to 2 and 2 to 4.
    expect([...averagePoolTo(engine, square, 2).dataSync()]).toEqual(
      [2, 2, 4, 4].map((mean) => expect.closeTo(mean, 6)),
    );
    expect([...averagePoolTo(engine, square, 1).dataSync()]).toEqual([expect.closeTo(3, 6)]);
    expect(averagePoolTo(engine, square, 5)).toBe(square);
    expect(() => averagePoolTo(engine, square, 6)).toThrow('maps of 5×5 places have no 6×6 parts');
  });
});
