import type { Gap, ScoreOfSplit } from '#contracts';
import { differenceOfShares, wilson } from './interval.js';
import type { Score } from './score.js';

/** A gap between training and test of more than this is called over-fitting without "slight": five points. */
const CLEAR_GAP = 0.05;
/** With fewer test images no gap below 40 points could be told from chance. */
const FEWEST_IMAGES = 20;

/** A score with the number of images that it is of. */
export function scoreOfSplit({ top1, loss }: Score, images: number): ScoreOfSplit {
  return { images, top1, top1Interval: wilson(Math.round(top1 * images), images), loss };
}

/**
 * How much better a model does on what it was trained on than on what it never saw, and whether that is over-fitting. A
 * gap counts where its 95 % interval (Newcombe, 1998, over the drawing of images) is above zero, and clearly where more
 * than five points of it are.
 */
export function gapOf(train: ScoreOfSplit, validation: ScoreOfSplit | undefined, test: ScoreOfSplit): Gap {
  const counts = ({ top1, images }: ScoreOfSplit) => ({ right: Math.round(top1 * images), images });
  const trainMinusTest = differenceOfShares(counts(train), counts(test));
  const [lower] = trainMinusTest.interval;
  const verdict: Gap['verdict'] =
    test.images < FEWEST_IMAGES || train.images < FEWEST_IMAGES
      ? 'undecided'
      : lower > CLEAR_GAP
        ? 'over-fitting'
        : lower > 0
          ? 'slight over-fitting'
          : 'no over-fitting seen';
  return {
    train,
    ...(validation === undefined ? {} : { validation }),
    test,
    trainMinusTest,
    verdict,
    words: `${OPENINGS[verdict]}: ${numbers(train, test, trainMinusTest)}${flattering(validation, test)}.`,
  };
}

const OPENINGS: Record<Gap['verdict'], string> = {
  'over-fitting': 'It over-fits',
  'slight over-fitting': 'It over-fits a little',
  'no over-fitting seen': 'No over-fitting is seen',
  undecided: 'There are too few images to tell whether it over-fits',
};

function numbers(
  train: ScoreOfSplit,
  test: ScoreOfSplit,
  { difference, interval: [lower, upper] }: Gap['trainMinusTest'],
): string {
  return (
    `top-1 is ${points(train.top1)} % on training images and ${points(test.top1)} % on test images, a difference of ` +
    `${points(difference)} points (95 % interval ${points(lower)} to ${points(upper)})`
  );
}

/** What was chosen on the validation images looks better there than it is. */
function flattering(validation: ScoreOfSplit | undefined, test: ScoreOfSplit): string {
  if (validation === undefined) return '';
  const counts = ({ top1, images }: ScoreOfSplit) => ({ right: Math.round(top1 * images), images });
  const { difference, interval } = differenceOfShares(counts(validation), counts(test));
  return interval[0] > 0
    ? `; validation (${points(validation.top1)} %) is ${points(difference)} points above the test, more than chance explains`
    : '';
}

function points(share: number): string {
  return (share * 100).toFixed(1).replace('-', '−');
}
