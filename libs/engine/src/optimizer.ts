import type { Engine, Tensor, Variable } from './engine.js';

export interface SgdOptions {
  momentum: number;
  nesterov: boolean;
  /** Per parameter name: multiplies the learning rate (a new head learns faster than a pretrained backbone). */
  learningRateFactors?: Readonly<Record<string, number>>;
}

/** A pure function of state: its slots are variables that belong to a program's state. */
export interface Optimizer {
  /** Slot name → variable, such as `momentum/conv1.weight`. */
  readonly slots: Readonly<Record<string, Variable>>;
  /** Updates the parameters in place. `learningRate` is a scalar tensor, an input of the captured step. */
  apply(gradients: Record<string, Tensor>, learningRate: Tensor): void;
}

/** As PyTorch's SGD: v ← μ·v + g; w ← w − lr·(nesterov ? g + μ·v : v). Parameters and gradients are keyed by name. */
export type CreateSgd = (
  engine: Engine,
  parameters: Readonly<Record<string, Variable>>,
  options: SgdOptions,
) => Optimizer;
