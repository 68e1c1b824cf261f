import type { LogitLoss } from './logit-loss.js';

/**
 * Binary cross-entropy with logits, one independent yes-or-no question per class:
 *
 *     BCE = 1/n · Σᵢ Σ_c [ max(z, 0) − z·y + log(1 + e^−|z|) ],  z = logitᵢ_c,  y = 1 where c is i's label, else 0
 *
 * The form never takes the exponential of a large number, so it is exact where `log(sigmoid(z))` is −∞. It is PyTorch's
 * `F.binary_cross_entropy_with_logits(z, y)` times the number of classes: summed over the classes, so that each class
 * is the same binary logistic regression that it would be alone.
 */
export const binaryCrossEntropy: LogitLoss = (logits, labels, classes, gradient) => {
  const images = labels.length;
  let loss = 0;
  for (let i = 0; i < images; i++) {
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      const z = logits[at];
      const y = c === labels[i] ? 1 : 0;
      const e = Math.exp(-Math.abs(z));
      loss += Math.max(z, 0) - z * y + Math.log1p(e);
      const sigmoid = z >= 0 ? 1 / (1 + e) : e / (1 + e);
      gradient[at] = (sigmoid - y) / images;
    }
  }
  return loss / images;
};
