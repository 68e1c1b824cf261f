import { UserError } from '#contracts';

/** How far from 1 the sum of an image's probabilities may be by rounding, in float16 too. */
const ROUNDING = 0.01;

/**
 * Logits of a softmax may be any numbers; they are all between 0 and 1 with the sum 1, for every image, where somebody has
 * taken the softmax already. A second one would leave next to nothing of what the teacher knows.
 * @throws UserError for probabilities, and for what is no number
 */
export function checkLogits(logits: Float32Array, classes: number, teacher: string, field = 'teacher'): void {
  let probabilities = logits.length > 0 && classes > 1;
  for (let row = 0; row < logits.length; row += classes) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const logit = logits[row + c];
      if (!Number.isFinite(logit)) {
        throw new UserError(`the teacher ${teacher} gives ${logit} for image ${row / classes + 1}`, {
          field,
          remedy: 'Its training has diverged, or its weights are damaged: train it again with a lower learning rate.',
        });
      }
      if (logit < 0 || logit > 1) probabilities = false;
      sum += logit;
    }
    if (Math.abs(sum - 1) > ROUNDING) probabilities = false;
  }
  if (probabilities) {
    throw new UserError(`the teacher ${teacher} gives probabilities where logits are expected`, {
      field,
      remedy: 'Export its network without the last softmax.',
    });
  }
}
