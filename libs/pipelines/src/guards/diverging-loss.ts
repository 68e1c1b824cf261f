import { percent } from '../report/html/number-words.js';

/** Points of the curve that a mean is taken of: single ones are noisy. */
const POINTS = 5;
/** The loss has grown where it is so many times what it was at first. A warm-up that unsettles good weights stays below. */
const GROWN = 3;
/** Top-1 counts as no better than at first up to this difference. */
const NO_BETTER = 0.05;

/**
 * Watches a training's losses as they are announced, and says once, in words, that it diverges: the mean of five points is
 * three times that of the first five, and answers are not right more often than then. (A loss whose parts are weighted
 * more from epoch to epoch grows while answers get better.)
 * @returns to be called with every announcement
 */
export function divergingLossWatch(
  warn: (message: string) => void,
): (step: number, values: Record<string, number>) => void {
  const points: { loss: number; top1: number }[] = [];
  let first: { loss: number; top1: number } | undefined;
  let told = false;
  return (step, values) => {
    const { 'train.loss': loss, 'train.top1': top1 } = values;
    if (told || loss === undefined || top1 === undefined || values.lambda !== undefined) return;
    points.push({ loss, top1 });
    if (points.length < POINTS) return;
    const recent = { loss: meanOf(points, 'loss'), top1: meanOf(points, 'top1') };
    points.shift();
    first ??= recent;
    if (recent.loss <= GROWN * first.loss || recent.top1 > first.top1 + NO_BETTER) return;
    told = true;
    warn(
      `The training diverges: its loss was ${first.loss.toPrecision(3)} at first and is ${recent.loss.toPrecision(3)} after ${step} steps, ` +
        `and ${percent(recent.top1, 0)} of the answers are right, where ${percent(first.top1, 0)} were. The learning rate is too large ` +
        '(training.optimizer.learningRate): try a tenth of it. Frozen statistics of batch normalisation want a smaller one than trained ones',
    );
  };
}

function meanOf(points: readonly { loss: number; top1: number }[], key: 'loss' | 'top1'): number {
  return points.reduce((sum, point) => sum + point[key], 0) / points.length;
}
