import type { Scalar } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/**
 * Knowledge distillation (Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2):
 *
 *     KD = T² · 1/B · Σᵢ KL(softmax(teacherᵢ / T) ‖ softmax(studentᵢ / T))
 *
 * T² keeps the size of the gradient, which falls with 1/T², about that of the cross-entropy, so that the weights of the
 * two need no change with the temperature. The divergence is summed over the classes and averaged over the batch, as
 * PyTorch's `F.kl_div(F.log_softmax(s / T), F.softmax(t / T), reduction='batchmean') * T**2`. Needs no labels.
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`; a constant: no gradient flows into it
 * @returns scalar, nats
 */
export function kd(engine: Engine, studentLogits: Tensor, teacherLogits: Tensor, temperature: number): Scalar {
  const { tf } = engine;
  const softLabels = tf.softmax(tf.div(teacherLogits, temperature));
  const logSoftLabels = tf.logSoftmax(tf.div(teacherLogits, temperature));
  const logProbabilities = tf.logSoftmax(tf.div(studentLogits, temperature));
  const divergence = tf.sum(tf.mul(softLabels, tf.sub(logSoftLabels, logProbabilities)), -1);
  return tf.mul(tf.mean(divergence), temperature ** 2);
}
