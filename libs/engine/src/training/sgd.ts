import type { CreateSgd, Optimizer } from '../optimizer.js';
import type { Tensor, Variable } from '../engine.js';

/**
 * Stochastic gradient descent with momentum as PyTorch has it (Sutskever et al., 2013, with the learning rate outside
 * the velocity): v ← μ·v + g; w ← w − lr·(g + μ·v with Nesterov, else v). Without momentum there are no slots.
 * @throws RangeError naming a learning rate factor whose parameter does not exist
 */
export const createSgd: CreateSgd = ({ tf }, parameters, { momentum, nesterov, learningRateFactors = {} }) => {
  for (const name of Object.keys(learningRateFactors)) {
    if (!Object.hasOwn(parameters, name)) throw new RangeError(`a learning rate factor names no parameter: ${name}`);
  }
  const slots: Record<string, Variable> = {};
  if (momentum > 0) {
    for (const [name, parameter] of Object.entries(parameters)) {
      slots[slotName(name)] = tf.tidy(() => tf.variable(tf.zeros(parameter.shape), false));
    }
  }

  function apply(gradients: Record<string, Tensor>, learningRate: Tensor): void {
    for (const [name, parameter] of Object.entries(parameters)) {
      const gradient = gradients[name];
      if (!gradient) throw new RangeError(`the optimizer got no gradient for ${name}`);
      tf.tidy(() => {
        const factor = learningRateFactors[name];
        const rate = factor === undefined ? learningRate : learningRate.mul(factor);
        parameter.assign(parameter.sub(rate.mul(direction(name, gradient))) as typeof parameter);
      });
    }
  }

  function direction(name: string, gradient: Tensor): Tensor {
    const velocity = slots[slotName(name)];
    if (!velocity) return gradient;
    const next = velocity.mul(momentum).add(gradient);
    velocity.assign(next as typeof velocity);
    return nesterov ? gradient.add(next.mul(momentum)) : next;
  }

  return { slots, apply } satisfies Optimizer;
};

function slotName(parameter: string): string {
  return `momentum/${parameter}`;
}
