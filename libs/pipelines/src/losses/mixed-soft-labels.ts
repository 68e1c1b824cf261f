import { mix, type Mixing } from '#datasets';
import type { Engine, Tensor } from '#engine';

/** Above the smallest normal float32, below any share that matters. */
const TINY = 1e-37;

/**
 * Logits whose softmax at temperature T is the mixture of what a teacher says of two images:
 *
 *     T · log(λ · softmax(zᵢ / T) + (1 − λ) · softmax(zⱼ / T))
 *
 * The teacher has seen each image once, as it is; what it would say of the mixed image is not asked. That mixture of
 * its soft labels stands for it, as the mixture of labels does in mixup and CutMix.
 * @param teacherLogits `[batch, classes]`
 */
export function mixedSoftLabels(engine: Engine, teacherLogits: Tensor, temperature: number, mixing: Mixing): Tensor {
  const { tf } = engine;
  const mixed = mix(engine, tf.softmax(tf.div(teacherLogits, temperature)), mixing.share);
  return tf.mul(tf.log(tf.maximum(mixed, TINY)), temperature);
}
