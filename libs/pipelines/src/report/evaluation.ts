import type { Evaluation } from '#contracts';
import { wilson } from './interval.js';
import { macroF1, perClassOf } from './per-class.js';

/**
 * What a classifier is worth on labelled images.
 * @param probabilities `[images, classes]`
 * @param labels class index of each image
 */
export function evaluate(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classNames: readonly string[],
): Evaluation {
  const classes = classNames.length;
  const images = labels.length;
  if (probabilities.length !== images * classes) {
    throw new Error(`${probabilities.length} probabilities are not ${images} images × ${classes} classes`);
  }
  const confusionMatrix = classNames.map(() => new Array<number>(classes).fill(0));
  let top1 = 0;
  let top5 = 0;
  let loss = 0;
  for (let i = 0; i < images; i++) {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const label = labels[i];
    const rank = rankOf(label, row);
    if (rank === 0) top1++;
    if (rank < 5) top5++;
    loss -= Math.log(Math.max(row[label], SMALLEST_PROBABILITY));
    confusionMatrix[label][mostProbable(row)]++;
  }
  const share = (count: number) => (images === 0 ? 0 : count / images);
  const perClass = perClassOf(classNames, confusionMatrix);
  return {
    images,
    top1: share(top1),
    top1Interval: wilson(top1, images),
    ...(classes > 5 ? { top5: share(top5) } : {}),
    loss: share(loss),
    macroF1: macroF1(perClass),
    perClass,
    confusionMatrix,
  };
}

/** A float32 probability that has underflowed to 0 costs this much (87.3 nats), not infinitely much. */
export const SMALLEST_PROBABILITY = 1.17549435e-38;

/** The class of the highest probability; of equal ones the first. */
export function mostProbable(row: Float32Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
  return best;
}

/** How many classes come before `label` when the most probable is first and equal ones stand in class order. */
function rankOf(label: number, row: Float32Array): number {
  let rank = 0;
  for (let c = 0; c < row.length; c++) {
    if (row[c] > row[label] || (row[c] === row[label] && c < label)) rank++;
  }
  return rank;
}
