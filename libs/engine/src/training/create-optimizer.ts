import type { Engine, Tensor, Variable } from '../engine.js';
import type { CreateOptimizer, Optimizer, OptimizerOptions } from '../optimizer.js';
import { adamWRule } from './adamw.js';
import { clipGradients } from './clip-gradients.js';
import { larsRule } from './lars.js';
import { sgdRule } from './sgd.js';
import { assign, type UpdateRule } from './update-rule.js';

/**
 * An optimizer over named parameters. Its step is part of the captured function: gradients are clipped, then each
 * parameter is decayed and moved by the kind's rule.
 * @throws RangeError naming a learning rate factor whose parameter does not exist, or an option out of its range; from
 *   `apply`, naming a parameter that got no gradient
 */
export const createOptimizer: CreateOptimizer = (engine, parameters, options) => {
  const { tf } = engine;
  const { weightDecay = 0, clipNorm, learningRateFactors = {} } = options;
  check(parameters, options);
  const decayed = options.decayed ?? ((name: string) => parameters[name]!.rank > 1);
  const rule = ruleOf(engine, parameters, options);

  function apply(given: Record<string, Tensor>, learningRate: Tensor): void {
    const missing = Object.keys(parameters).find((name) => !given[name]);
    if (missing !== undefined) throw new RangeError(`the optimizer got no gradient for ${missing}`);
    tf.tidy(() => {
      const own = Object.fromEntries(Object.keys(parameters).map((name) => [name, given[name]!]));
      const gradients = clipNorm === undefined ? own : clipGradients(engine, own, clipNorm);
      // One scalar for each factor, not one for each parameter.
      const rates = new Map([[1, learningRate]]);
      const rateOf = (name: string): Tensor => {
        const factor = learningRateFactors[name] ?? 1;
        const rate = rates.get(factor) ?? learningRate.mul(factor);
        rates.set(factor, rate);
        return rate;
      };
      rule.beginStep?.();
      for (const [name, parameter] of Object.entries(parameters)) {
        const update = {
          ...{ name, parameter, gradient: gradients[name]!, learningRate: rateOf(name) },
          ...{ weightDecay: decayed(name) ? weightDecay : 0, adapted: decayed(name) },
        };
        // Its scope ends with the parameter: called eagerly, a step would hold all that it computed at once.
        tf.tidy(() => assign(parameter, rule.next(update)));
      }
    });
  }

  return { slots: rule.slots, apply } satisfies Optimizer;
};

function ruleOf(engine: Engine, parameters: Readonly<Record<string, Variable>>, options: OptimizerOptions): UpdateRule {
  if (options.kind === 'sgd') return sgdRule(engine.tf, parameters, options);
  if (options.kind === 'adamw') return adamWRule(engine.tf, parameters, options);
  return larsRule(engine, parameters, options);
}

function check(parameters: Readonly<Record<string, Variable>>, options: OptimizerOptions): void {
  for (const name of Object.keys(options.learningRateFactors ?? {})) {
    if (!Object.hasOwn(parameters, name)) throw new RangeError(`a learning rate factor names no parameter: ${name}`);
  }
  const within = (name: string, value: number | undefined, good: (value: number) => boolean, wanted: string) => {
    if (value !== undefined && !good(value)) throw new RangeError(`${name} must be ${wanted}, got ${value}`);
  };
  const share = (value: number) => value >= 0 && value < 1;
  const positive = (value: number) => value > 0 && value < Infinity;
  within('clipNorm', options.clipNorm, positive, 'a positive number');
  within('weightDecay', options.weightDecay, (value) => value >= 0 && value < Infinity, '0 or a positive number');
  if (options.kind === 'adamw') {
    within('beta1', options.beta1, share, 'at least 0 and below 1');
    within('beta2', options.beta2, share, 'at least 0 and below 1');
    within('epsilon', options.epsilon, positive, 'a positive number');
  } else {
    within('momentum', options.momentum, share, 'at least 0 and below 1');
    if (options.kind === 'lars') within('trustCoefficient', options.trustCoefficient, positive, 'a positive number');
  }
}
