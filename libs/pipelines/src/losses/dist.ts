import type { Scalar } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

export interface DistOptions {
  /** Weight of the relations between the classes of an image. */
  beta: number;
  /** Weight of the relations between the images of a class. */
  gamma: number;
  temperature: number;
}

/**
 * Added to a sum of squares of probabilities: deviations below 1e-6 are float32's rounding, and a gradient along them
 * would be noise of any size.
 */
const ROUNDING = 1e-12;

/**
 * Distillation from a stronger teacher (Huang, You, Wang, Qian & Xu, "Knowledge Distillation from A Stronger Teacher",
 * 2022, eq. 7–10): the student's probabilities need not equal the teacher's, but vary as they do,
 *
 *     DIST = T² · (β · (1 − 1/B · Σᵢ ρ(pˢᵢ_•, pᵀᵢ_•)) + γ · (1 − 1/C · Σ_c ρ(pˢ•_c, pᵀ•_c)))
 *
 * with ρ Pearson's correlation and p = softmax(z / T). The second part relates the images of a batch with each other,
 * so it depends on the batch's size.
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`; a constant: no gradient flows into it
 * @returns scalar, between 0 and 2 · T² · (β + γ)
 */
export function dist(
  engine: Engine,
  studentLogits: Tensor,
  teacherLogits: Tensor,
  { beta, gamma, temperature }: DistOptions,
): Scalar {
  const { tf } = engine;
  const student = tf.softmax(tf.div(studentLogits, temperature));
  const teacher = tf.softmax(tf.div(teacherLogits, temperature));
  const between = tf.sub(1, tf.mean(correlation(engine, student, teacher, 1)));
  const within = tf.sub(1, tf.mean(correlation(engine, student, teacher, 0)));
  return tf.mul(tf.add(tf.mul(between, beta), tf.mul(within, gamma)), temperature ** 2);
}

/** Pearson's correlation along an axis; 0, with no gradient, where one of the two does not vary. */
function correlation({ tf }: Engine, a: Tensor, b: Tensor, axis: 0 | 1): Tensor {
  const direction = (x: Tensor) => {
    const centred = tf.sub(x, tf.mean(x, axis, true));
    return tf.div(centred, tf.sqrt(tf.add(tf.sum(tf.square(centred), axis, true), ROUNDING)));
  };
  // Each divided by its own norm: the product of two small norms would square to zero in the gradient of a quotient.
  return tf.sum(tf.mul(direction(a), direction(b)), axis);
}
