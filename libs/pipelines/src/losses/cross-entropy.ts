import type { Tensor2D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/**
 * Softmax cross-entropy with the labels, over the labelled images of a batch:
 *
 *     CE = 1/B · Σᵢ labelledᵢ · (−Σ_c yᵢ_c · log softmax(zᵢ)_c)
 *
 * The sum is divided by the whole batch, so that every image has the same weight whatever company it is drawn in; with
 * every image labelled it is PyTorch's `F.cross_entropy(logits, labels)`.
 * @param logits `[batch, classes]`
 * @param labels `[batch, classes]`, one-hot; rows of images without a label may hold anything that sums to 1
 * @param labelled `[batch]`, 1 or 0
 * @returns scalar, nats
 */
export function crossEntropy(engine: Engine, logits: Tensor, labels: Tensor, labelled: Tensor): Tensor {
  const { tf, kernels } = engine;
  return tf.mean(tf.mul(kernels.softmaxCrossEntropy(logits as Tensor2D, labels as Tensor2D), labelled));
}
