import type { Tensor, Tf, Variable } from '../engine.js';
import type { AdamWOptions } from '../optimizer.js';
import { assign, type UpdateRule, zeroSlots } from './update-rule.js';

/** The slot that counts the steps: a float32 scalar, exact up to 2²⁴. */
const STEPS = 'adamw/steps';

/**
 * AdamW as `torch.optim.AdamW` has it:
 *
 *     w ← w·(1 − lr·λ);  m ← m + (1 − β₁)·(g − m);  v ← v + (1 − β₂)·(g² − v)
 *     w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * The bias corrections are scalars, and are applied to scalars: lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ) and ε·√(1 − β₂ᵗ) stand for them
 * in the last line, which saves two passes over each weight. Each line is rounded as TensorFlow's op for the whole step
 * rounds it: fused, the bits are the same.
 */
export function adamWRule(
  tf: Tf,
  parameters: Readonly<Record<string, Variable>>,
  options: Omit<AdamWOptions, 'kind'>,
): UpdateRule {
  const { epsilon } = options;
  // As float32 has them; 1 − β is then exact, and the bias correction is that of the β which the moments have.
  const [beta1, beta2] = [options.beta1, options.beta2].map(Math.fround) as [number, number];
  const steps = tf.tidy(() => tf.variable(tf.scalar(0), false));
  const slots: Record<string, Variable> = {
    [STEPS]: steps,
    ...zeroSlots(tf, 'firstMoment', parameters),
    ...zeroSlots(tf, 'secondMoment', parameters),
  };
  let correction: { rate: Tensor; epsilon: Tensor };

  function moment(slot: string, beta: number, value: Tensor): Tensor {
    const variable = slots[slot]!;
    const next = variable.add(value.sub(variable).mul(1 - beta));
    assign(variable, next);
    return next;
  }

  return {
    slots,
    beginStep() {
      const count = steps.add(1);
      assign(steps, count);
      const root = bias(count, beta2).sqrt();
      correction = { rate: root.div(bias(count, beta1)), epsilon: root.mul(epsilon) };
    },
    next({ name, parameter, gradient, learningRate, weightDecay }) {
      const first = moment(`firstMoment/${name}`, beta1, gradient);
      const second = moment(`secondMoment/${name}`, beta2, gradient.square());
      const change = first.mul(learningRate.mul(correction.rate)).div(second.sqrt().add(correction.epsilon));
      const kept = weightDecay > 0 ? parameter.mul(tf.sub(1, learningRate.mul(weightDecay))) : parameter;
      return kept.sub(change);
    },
  };
}

/** 1 − βᵗ, without the digits that the subtraction would lose in float32 where βᵗ is near 1. */
function bias(count: Tensor, beta: number): Tensor {
  return count.mul(Math.log(beta)).expm1().neg();
}
