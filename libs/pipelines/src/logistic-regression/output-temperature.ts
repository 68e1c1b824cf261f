import { probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import { SMALLEST_PROBABILITY } from '../report/evaluation.js';
import { minimise } from '../report/minimise.js';

/** T is looked for between 1/20 and 20. */
const LOG_LARGEST = Math.log(20);

/**
 * The temperature T for which the probabilities of logits / T have the lowest negative log-likelihood (Guo, Pleiss, Sun &
 * Weinberger, "On Calibration of Modern Neural Networks", 2017, section 4.2); of yes-or-no questions, of
 * sigmoid(logits / T) scaled to sum to 1.
 * @param logits `[images, classes]` of images that were not fitted to
 * @returns T between 1/20 and 20
 */
export function outputTemperature(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  outputs: OutputKind,
): number {
  const cost = (logTemperature: number): number => {
    const temperature = Math.exp(logTemperature);
    const probabilities = probabilitiesOf(
      logits.map((z) => z / temperature),
      classes,
      outputs,
    );
    let sum = 0;
    for (let i = 0; i < labels.length; i++) {
      sum -= Math.log(Math.max(probabilities[i * classes + labels[i]], SMALLEST_PROBABILITY));
    }
    return sum;
  };
  return Math.exp(minimise(cost, -LOG_LARGEST, LOG_LARGEST, 1e-6).x);
}
