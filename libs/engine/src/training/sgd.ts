import type { Tensor, Tf, Variable } from '../engine.js';
import type { SgdOptions } from '../optimizer.js';
import { assign, type UpdateRule, zeroSlots } from './update-rule.js';

/**
 * Stochastic gradient descent with momentum as PyTorch has it (Sutskever et al., 2013, with the learning rate outside
 * the velocity): g ← g + λ·w; v ← μ·v + g; w ← w − lr·(g + μ·v with Nesterov, else v). Without momentum there are no
 * slots.
 */
export function sgdRule(
  tf: Tf,
  parameters: Readonly<Record<string, Variable>>,
  { momentum, nesterov }: Omit<SgdOptions, 'kind'>,
): UpdateRule {
  const slots = momentum > 0 ? zeroSlots(tf, 'momentum', parameters) : {};

  function change(name: string, gradient: Tensor, learningRate: Tensor): Tensor {
    const velocity = slots[`momentum/${name}`];
    if (!velocity) return gradient.mul(learningRate);
    const next = velocity.mul(momentum).add(gradient);
    assign(velocity, next);
    // Each part times the learning rate, as TensorFlow's op for the whole step rounds it: fused, the bits are the same.
    return nesterov ? gradient.mul(learningRate).add(next.mul(momentum).mul(learningRate)) : next.mul(learningRate);
  }

  return {
    slots,
    next({ name, parameter, gradient, learningRate, weightDecay }) {
      const decayed = weightDecay > 0 ? gradient.add(parameter.mul(weightDecay)) : gradient;
      return parameter.sub(change(name, decayed, learningRate));
    },
  };
}
