import type { Engine, Tensor } from '#engine';

/**
 * Binary cross-entropy with logits inside the graph, a yes-or-no question for each class:
 *
 *     BCE = 1/B · Σᵢ labelledᵢ · Σ_c [ max(z, 0) − z·y + log(1 + e^−|z|) ]
 *
 * PyTorch's `F.binary_cross_entropy_with_logits(z, y, reduction='none')`, summed over the classes: what
 * `binaryCrossEntropy` is to the solver. Exact for logits whose exponential is not.
 * @param logits `[batch, classes]`
 * @param targets `[batch, classes]`, 0 to 1
 * @param labelled weight of each row, `[batch]`
 * @returns scalar, nats
 */
export function sigmoidCrossEntropy({ tf }: Engine, logits: Tensor, targets: Tensor, labelled: Tensor): Tensor {
  // softplus(z) − z·y; tfjs's softplus has the derivative sigmoid(z) everywhere, which |z| and max have not at 0.
  const questions = tf.sub(tf.softplus(logits), tf.mul(logits, targets));
  return tf.mean(tf.mul(tf.sum(questions, 1), labelled));
}
