import type { LogitLoss } from './logit-loss.js';

/**
 * Softmax cross-entropy, one question with `classes` answers:
 *
 *     CE = 1/n · Σᵢ [ log Σ_c e^zᵢ_c − zᵢ_labelᵢ ]
 *
 * PyTorch's `F.cross_entropy(z, labels)`.
 */
export const multinomialCrossEntropy: LogitLoss = (logits, labels, classes, gradient) => {
  const images = labels.length;
  let loss = 0;
  for (let i = 0; i < images; i++) {
    const row = i * classes;
    let max = -Infinity;
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[row + c]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c] - max);
    loss += Math.log(sum) + max - logits[row + labels[i]];
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(logits[row + c] - max) / sum;
      gradient[row + c] = (probability - (c === labels[i] ? 1 : 0)) / images;
    }
  }
  return loss / images;
};
