import type { Engine, Tensor } from '../engine.js';

/** As in `torch.nn.utils.clip_grad_norm_`. */
const EPSILON = 1e-6;

/**
 * Scales all gradients by min(1, c / (‖g‖ + 1e-6)), where ‖g‖ is the L2 norm of all of them together: PyTorch's
 * `torch.nn.utils.clip_grad_norm_` (Pascanu, Mikolov & Bengio, 2013). A norm that is no number makes every gradient NaN,
 * there as here, and so shows in the next loss.
 */
export function clipGradients(
  { tf, kernels }: Engine,
  gradients: Readonly<Record<string, Tensor>>,
  clipNorm: number,
): Record<string, Tensor> {
  const norm = tf.addN(Object.values(gradients).map((gradient) => kernels.sumOfSquares(gradient))).sqrt();
  const scale = tf.minimum(tf.div(clipNorm, norm.add(EPSILON)), 1);
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, gradient.mul(scale)]));
}
