import type { Engine, Tensor, Variable } from '../engine.js';
import type { LarsOptions } from '../optimizer.js';
import { sgdRule } from './sgd.js';
import type { UpdateRule } from './update-rule.js';

/** Keeps the division finite, as NVIDIA Apex's LARC has it. */
const EPSILON = 1e-8;

/**
 * Layer-wise adaptive rate scaling (You, Gitman & Ginsburg, 2017): each adapted parameter's gradient, decay included, is
 * scaled by its trust ratio and handed to SGD with momentum,
 *
 *     g ← (g + λ·w) · η·‖w‖ / (‖g‖ + λ·‖w‖ + ε),  η the trust coefficient.
 *
 * Where ‖w‖ or ‖g‖ is 0 the ratio is 1. As NVIDIA Apex's LARC without clipping, and as timm's Lars, the learning rate
 * stays outside the velocity; parameters that are not adapted (biases, batch normalisation) take plain SGD steps.
 */
export function larsRule(
  { tf, kernels }: Engine,
  parameters: Readonly<Record<string, Variable>>,
  { momentum, trustCoefficient }: Omit<LarsOptions, 'kind'>,
): UpdateRule {
  const sgd = sgdRule(tf, parameters, { momentum, nesterov: false });

  function trustRatio(parameter: Tensor, gradient: Tensor, weightDecay: number): Tensor {
    const weightNorm = kernels.sumOfSquares(parameter).sqrt();
    const gradientNorm = kernels.sumOfSquares(gradient).sqrt();
    const ratio = weightNorm.mul(trustCoefficient).div(gradientNorm.add(weightNorm.mul(weightDecay)).add(EPSILON));
    return tf.where(weightNorm.mul(gradientNorm).greater(0), ratio, tf.scalar(1));
  }

  return {
    slots: sgd.slots,
    next(update) {
      const { parameter, gradient, weightDecay, adapted } = update;
      if (!adapted) return sgd.next(update);
      const decayed = weightDecay > 0 ? gradient.add(parameter.mul(weightDecay)) : gradient;
      const scaled = decayed.mul(trustRatio(parameter, gradient, weightDecay));
      return sgd.next({ ...update, gradient: scaled, weightDecay: 0 });
    },
  };
}
