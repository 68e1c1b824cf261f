import type { Scalar } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';

/**
 * Hint loss (Romero et al., "FitNets: Hints for Thin Deep Nets", 2015, eq. 3), averaged over images and features, of
 * maps over their places too:
 *
 *     HINT = ½ · 1/(B·D) · Σᵢ ‖hintᵢ − projectionᵢ‖²
 * @param projection `[batch, …]`, D numbers each: what a projector makes of the student's layer
 * @param hint `[batch, …]`: the teacher's layer; a constant: no gradient flows into it
 * @returns scalar
 */
export function hint({ tf }: Engine, projection: Tensor, hint: Tensor): Scalar {
  return tf.div(tf.mean(tf.square(tf.sub(projection, hint))), 2);
}
