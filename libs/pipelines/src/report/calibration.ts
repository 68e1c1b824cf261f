import type { Calibratedness, Report } from '#contracts';
import { probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import { SMALLEST_PROBABILITY } from './evaluation.js';
import type { LabelledLogits } from './fit-temperature.js';

/** Bins of the expected calibration error, as Guo et al. (2017) have them. */
const BINS = 15;

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

/** A temperature, and what it was found by. */
export interface FoundTemperature {
  temperature: number;
  /** How many images it was fitted on, none of which the network whose logits they are has been trained on. */
  validationImages: number;
  /**
   * That network is not the finished one, which has trained on the validation images too, but the fit of the same λ to the
   * training images alone.
   */
  beforeFinalFit: boolean;
}

/**
 * How far the test's probabilities can be believed, as they are and with a temperature.
 * @param found `undefined`: no temperature
 */
export function calibrationOf(
  { logits, labels }: LabelledLogits,
  found: FoundTemperature | undefined,
  classes: number,
  outputs: OutputKind,
): NonNullable<Report['calibration']> {
  const at = (scaled: Float32Array) => calibratedness(probabilitiesOf(scaled, classes, outputs), labels, classes);
  const before = at(logits);
  if (found === undefined) return { before };
  return { before, scaling: { ...found, after: at(logits.map((z) => z / found.temperature)) } };
}
