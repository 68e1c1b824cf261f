import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { placeImages } from './place-images.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

/** Two images of 3×3 whose pixels count up, in all channels alike. */
const images = () => {
  const counted = engine.tf.range(1, 19).reshape([2, 3, 3, 1]);
  return engine.tf.tile(counted, [1, 1, 1, 3]) as never;
};
const place = (top: number[], left: number[], mirrored: boolean[], most: number, whole = true) => {
  const { tf } = engine;
  const placement = { top: tf.tensor1d(top), left: tf.tensor1d(left), mirrored: tf.tensor1d(mirrored, 'bool') };
  const placed = placeImages(engine, images(), placement, most, { whole });
  return Array.from(placed.slice([0, 0, 0, 0], [-1, -1, -1, 1]).dataSync());
};

describe('placeImages', () => {
  it('moves whole pixels, and shows black beyond the image', () => {
    expect(place([1, -1], [0, 2], [false, false], 2)).toEqual([
      ...[4, 5, 6, 7, 8, 9, 0, 0, 0],
      ...[0, 0, 0, 12, 0, 0, 15, 0, 0],
    ]);
  });

  it('mirrors those that are to be', () => {
    expect(place([0, 0], [0, 0], [false, true], 0)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9],
      ...[12, 11, 10, 15, 14, 13, 18, 17, 16],
    ]);
    expect(place([0, 0], [1, 1], [true, true], 1).slice(0, 3)).toEqual([0, 3, 2]);
  });

  it('interpolates between pixels where distances are parts of them', () => {
    const halves = place([0.5, 0], [0, -0.5], [false, false], 0.5, false);
    [2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 3.5, 4, 4.5].forEach((value, at) => expect(halves[at]).toBeCloseTo(value, 4));
    [5, 10.5, 11.5].forEach((value, at) => expect(halves[9 + at]).toBeCloseTo(value, 4));
  });
});
