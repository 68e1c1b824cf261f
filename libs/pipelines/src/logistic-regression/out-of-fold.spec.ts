import { describe, expect, it } from 'vitest';
import { outOfFoldLogits } from './out-of-fold.js';

describe('outOfFoldLogits', () => {
  const images = 11;
  /** Image i has the features (i, 1), and the label i modulo 2. */
  const features = Float32Array.from({ length: images * 2 }, (_, at) => (at % 2 === 0 ? at / 2 : 1));
  const labels = Int32Array.from({ length: images }, (_, i) => i % 2);

  it('gives each image the outputs of a map that has not seen it, and shows each map all others', async () => {
    const seen: number[][] = [];
    const logits = await outOfFoldLogits(features, labels, { classes: 2, folds: 4, seed: 1 }, async (rows, given) => {
      const places = Array.from({ length: given.length }, (_, row) => rows[row * 2]);
      expect([...given]).toEqual(places.map((place) => place % 2));
      const fold = seen.push(places) - 1;
      // Says its own number, and the image that it is asked about.
      return { weight: Float64Array.of(0, 1, fold, 0), bias: Float64Array.of(0, 0) };
    });
    expect(seen).toHaveLength(4);
    for (let image = 0; image < images; image++) {
      const [fold, itself] = logits.subarray(image * 2);
      expect(itself).toBe(image);
      expect(seen[fold]).not.toContain(image);
      expect(seen.filter((places) => places.includes(image))).toHaveLength(3);
    }
    expect(seen.map(({ length }) => images - length).sort()).toEqual([2, 3, 3, 3]);
  });
});
