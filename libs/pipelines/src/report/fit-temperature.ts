import { logWeight, type OutputKind } from '../classifier/probabilities.js';
import { minimise } from './minimise.js';

/** T is looked for between 1/20 and 20. */
const LOG_LARGEST = Math.log(20);

/** Logits of images whose labels are known. */
export interface LabelledLogits {
  /** `[images, classes]` */
  logits: Float32Array;
  labels: ArrayLike<number>;
}

/**
 * The temperature T for which the probabilities of logits / T have the lowest negative log-likelihood (Guo, Pleiss, Sun &
 * Weinberger, "On Calibration of Modern Neural Networks", 2017, section 4.2): one number, that changes how sure the answers
 * are and none of them. Of a softmax, softmax(logits / T); of yes-or-no questions, sigmoid(logits / T) scaled to sum to 1.
 * @param held images that were not trained on: of others T only says how well they are known by heart
 * @returns T between 1/20 and 20: of a softmax at the lower end where all answers are right, at the upper one where all
 *   are wrong
 */
export function fitTemperature({ logits, labels }: LabelledLogits, classes: number, outputs: OutputKind): number {
  const negativeLogLikelihood = (inverse: number): number => {
    let sum = 0;
    for (let i = 0; i < labels.length; i++) {
      const row = i * classes;
      let best = row;
      for (let c = row; c < row + classes; c++) if (logits[c] > logits[best]) best = c;
      const most = logWeight(logits[best] * inverse, outputs);
      let others = 0;
      for (let c = row; c < row + classes; c++) {
        if (c !== best) others += Math.exp(logWeight(logits[c] * inverse, outputs) - most);
      }
      // log1p: of answers that are all right, the likelihood goes on rising where 1 + others is 1.
      sum += Math.log1p(others) - (logWeight(logits[row + labels[i]] * inverse, outputs) - most);
    }
    return sum / labels.length;
  };
  // In 1/T a softmax's likelihood is convex, so it has one minimum, in log T too.
  const { x } = minimise((t) => negativeLogLikelihood(Math.exp(-t)), -LOG_LARGEST, LOG_LARGEST);
  return Math.exp(x);
}
