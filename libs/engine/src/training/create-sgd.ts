import type { Engine, Variable } from '../engine.js';
import type { Optimizer, OptimizerOptions, SgdOptions } from '../optimizer.js';
import { createOptimizer } from './create-optimizer.js';

/** `createOptimizer` of the kind `sgd`. */
export function createSgd(
  engine: Engine,
  parameters: Readonly<Record<string, Variable>>,
  options: Omit<SgdOptions, 'kind'> & Pick<OptimizerOptions, 'learningRateFactors'>,
): Optimizer {
  return createOptimizer(engine, parameters, { kind: 'sgd', ...options });
}
