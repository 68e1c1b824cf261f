import type { Scalar } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

export interface DkdOptions {
  /** Weight of the target class against all others (TCKD). */
  alpha: number;
  /** Weight of the other classes among themselves (NCKD). */
  beta: number;
  temperature: number;
}

/** Subtracted from a logit, leaves nothing of its class, and the differences of others exact. */
const FAR = 1e6;

/**
 * Decoupled knowledge distillation (Zhao, Cui, Song, Qiu & Liang, "Decoupled Knowledge Distillation", 2022, eq. 7):
 *
 *     DKD = T² · (α · TCKD + β · NCKD)
 *     TCKD = 1/B · Σᵢ KL((pᵀ_t, 1 − pᵀ_t) ‖ (pˢ_t, 1 − pˢ_t))      the target class t, or another one
 *     NCKD = 1/B · Σᵢ KL(p̂ᵀ ‖ p̂ˢ),  p̂ = softmax(z / T) over the classes other than t
 *
 * In KD the second part has the weight 1 − pᵀ_t: next to nothing for images of which the teacher is sure. Here it has a
 * weight of its own. All in logarithms: pᵀ_t may be 1 as far as a float32 can tell.
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`; a constant: no gradient flows into it
 * @param target `[batch, classes]`, one-hot
 * @returns scalar, nats
 */
export function dkd(
  engine: Engine,
  studentLogits: Tensor,
  teacherLogits: Tensor,
  target: Tensor,
  { alpha, beta, temperature }: DkdOptions,
): Scalar {
  const { tf } = engine;
  const decoupled = (logits: Tensor) => {
    const scaled = tf.div(logits, temperature);
    const others = tf.sub(scaled, tf.mul(target, FAR));
    const whole = tf.logSumExp(scaled, 1);
    const ofOthers = tf.logSumExp(others, 1);
    return {
      target: tf.sub(tf.sum(tf.mul(scaled, target), 1), whole),
      rest: tf.sub(ofOthers, whole),
      amongOthers: tf.sub(others, tf.expandDims(ofOthers, 1)),
    };
  };
  const divergence = (ofTeacher: Tensor, ofStudent: Tensor): Tensor =>
    tf.mul(tf.exp(ofTeacher), tf.sub(ofTeacher, ofStudent));
  const [student, teacher] = [decoupled(studentLogits), decoupled(teacherLogits)];
  const tckd = tf.add(divergence(teacher.target, student.target), divergence(teacher.rest, student.rest));
  const nckd = tf.sum(divergence(teacher.amongOthers, student.amongOthers), 1);
  return tf.mul(tf.mean(tf.add(tf.mul(tckd, alpha), tf.mul(nckd, beta))), temperature ** 2);
}
