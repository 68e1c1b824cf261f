import type { Calibratedness, Report } from '#contracts';
import { asSoftmaxLogits, probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import { SMALLEST_PROBABILITY } from './evaluation.js';
import { minimise } from './minimise.js';

/** Bins of the expected calibration error, as Guo et al. (2017) have them. */
const BINS = 15;
/** T is looked for between 1/20 and 20. */
const LOG_LARGEST_TEMPERATURE = Math.log(20);

/**
 * How far probabilities can be believed: negative log-likelihood, Brier score (Brier, 1950), and the expected
 * calibration error over 15 bins of equal width,
 *
 *     ECE = Σ_m |B_m| / n · |accuracy(B_m) − confidence(B_m)|
 *
 * where bin m holds the images whose highest probability is in ((m − 1) / M, m / M] (Guo et al., "On Calibration of
 * Modern Neural Networks", 2017, section 2).
 * @param probabilities `[images, classes]`, rows sum to 1
 */
export function calibratedness(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): Calibratedness {
  const images = labels.length;
  const count = new Array<number>(BINS).fill(0);
  const confidence = new Array<number>(BINS).fill(0);
  const right = new Array<number>(BINS).fill(0);
  let nll = 0;
  let brier = 0;
  for (let i = 0; i < images; i++) {
    const row = i * classes;
    let best = 0;
    for (let c = 0; c < classes; c++) {
      if (probabilities[row + c] > probabilities[row + best]) best = c;
      brier += (probabilities[row + c] - (c === labels[i] ? 1 : 0)) ** 2;
    }
    nll -= Math.log(Math.max(probabilities[row + labels[i]], SMALLEST_PROBABILITY));
    const sure = probabilities[row + best];
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(sure * BINS) - 1));
    count[bin]++;
    confidence[bin] += sure;
    if (best === labels[i]) right[bin]++;
  }
  const mean = (sum: number) => (images === 0 ? 0 : sum / images);
  return {
    nll: mean(nll),
    brier: mean(brier),
    ece: mean(count.reduce((sum, _, bin) => sum + Math.abs(right[bin] - confidence[bin]), 0)),
    bins: count.map((ofBin, bin) => ({
      images: ofBin,
      confidence: ofBin === 0 ? null : confidence[bin] / ofBin,
      accuracy: ofBin === 0 ? null : right[bin] / ofBin,
    })),
  };
}

/** Logits of images whose labels are known. */
export interface LabelledLogits {
  /** `[images, classes]` */
  logits: Float32Array;
  labels: ArrayLike<number>;
}

/**
 * The temperature T for which softmax(logits / T) has the lowest negative log-likelihood (Guo et al., 2017, section
 * 4.2): one number, fitted on images that were not trained on, that changes how sure the answers are and none of them.
 * @param logits of a softmax
 * @returns T between 1/20 and 20: at the lower end where all answers are right, at the upper one where all are wrong
 */
export function fitTemperature({ logits, labels }: LabelledLogits, classes: number): number {
  const negativeLogLikelihood = (inverse: number): number => {
    let sum = 0;
    for (let i = 0; i < labels.length; i++) {
      const row = i * classes;
      let best = row;
      for (let c = row; c < row + classes; c++) if (logits[c] > logits[best]) best = c;
      let others = 0;
      for (let c = row; c < row + classes; c++) {
        if (c !== best) others += Math.exp((logits[c] - logits[best]) * inverse);
      }
      // log1p: of answers that are all right, the likelihood goes on rising where 1 + others is 1.
      sum += Math.log1p(others) - (logits[row + labels[i]] - logits[best]) * inverse;
    }
    return sum / labels.length;
  };
  // In 1/T the likelihood is convex, so it has one minimum, in log T too.
  const { x } = minimise((t) => negativeLogLikelihood(Math.exp(-t)), -LOG_LARGEST_TEMPERATURE, LOG_LARGEST_TEMPERATURE);
  return Math.exp(x);
}

/**
 * How far the test's probabilities can be believed, as they are and with the temperature that suits the validation images.
 * @param validation none, or without images: no temperature
 */
export function calibrationOf(
  test: LabelledLogits,
  validation: (LabelledLogits & { wasTrainedOn: boolean }) | undefined,
  classes: number,
  outputs: OutputKind,
): NonNullable<Report['calibration']> {
  const before = calibratedness(probabilitiesOf(test.logits, classes, outputs), test.labels, classes);
  if (validation === undefined || validation.labels.length === 0) return { before };
  const { labels, wasTrainedOn } = validation;
  const temperature = fitTemperature({ logits: asSoftmaxLogits(validation.logits, outputs), labels }, classes);
  const scaled = asSoftmaxLogits(test.logits, outputs).map((z) => z / temperature);
  const after = calibratedness(probabilitiesOf(scaled, classes, 'softmax'), test.labels, classes);
  return {
    before,
    scaling: { temperature, validationImages: labels.length, validationWasTrainedOn: wasTrainedOn, after },
  };
}
