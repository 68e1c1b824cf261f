import { permutation } from '#datasets';
import type { LinearMap } from './logistic-regression.js';
import { applyLinearMap } from './logistic-regression.js';

/** Keeps the folds apart from the orders of a training's epochs. */
const FOLDS = 0xf01d;

/**
 * Logits of images that their own labels had no part in: the images are dealt into folds, and those of each fold get
 * theirs from a map that was fitted to the others. So a regression on top learns what outputs for new images are like, as
 * stacked generalisation asks for (Wolpert, 1992; Breiman, "Stacked regressions", 1996); a map's outputs for images that it
 * was fitted to are surer than any that it will give again.
 * @param features `[images, width]`
 * @param fit to features and labels of some images
 * @returns `[images, classes]`
 */
export async function outOfFoldLogits(
  features: Float32Array,
  labels: Int32Array,
  { classes, folds, seed }: { classes: number; folds: number; seed: number },
  fit: (features: Float32Array, labels: Int32Array) => Promise<LinearMap>,
): Promise<Float32Array> {
  const images = labels.length;
  const width = features.length / images;
  const order = permutation(images, seed, FOLDS);
  const rowsOf = (places: Int32Array): Float32Array => {
    const rows = new Float32Array(places.length * width);
    places.forEach((place, row) => rows.set(features.subarray(place * width, (place + 1) * width), row * width));
    return rows;
  };
  const logits = new Float32Array(images * classes);
  for (let fold = 0; fold < folds; fold++) {
    const held = order.filter((_, at) => at % folds === fold);
    const others = order.filter((_, at) => at % folds !== fold);
    const map = await fit(
      rowsOf(others),
      others.map((place) => labels[place]),
    );
    const found = applyLinearMap(rowsOf(held), map);
    held.forEach((place, row) => logits.set(found.subarray(row * classes, (row + 1) * classes), place * classes));
  }
  return logits;
}
