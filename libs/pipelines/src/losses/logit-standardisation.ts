import type { Engine, Tensor } from '#engine';

/** The paper's; against logits that are all alike. */
const EPSILON = 1e-7;
/** Below any variance that matters in float32; keeps the gradient of a root from being 0 / 0. */
const TINY = 1e-24;

/**
 * Z-scores of an image's logits (Sun, Ren, Li, Wang & Cao, "Logit Standardization in Knowledge Distillation", 2024,
 * algorithm 1): (z − mean(z)) / (σ(z) + 10⁻⁷), σ with n − 1. Of logits so prepared, KD compares how an image's classes
 * stand to each other, and no longer how large the logits of the two networks are: the small network need not reach the
 * large one's.
 * @param logits `[batch, classes]`, two classes or more
 */
export function standardiseLogits({ tf }: Engine, logits: Tensor): Tensor {
  const classes = logits.shape[1] as number;
  const centred = tf.sub(logits, tf.mean(logits, 1, true));
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), classes - 1);
  return tf.div(centred, tf.add(tf.sqrt(tf.add(variance, TINY)), EPSILON));
}
