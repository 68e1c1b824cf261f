import type { Engine, Tensor, Variable } from './engine.js';

/** PyTorch's `torch.optim.SGD`: v ← μ·v + g; w ← w − lr·(nesterov ? g + μ·v : v). */
export interface SgdOptions {
  kind: 'sgd';
  momentum: number;
  nesterov: boolean;
}

/** PyTorch's `torch.optim.AdamW` (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019). */
export interface AdamWOptions {
  kind: 'adamw';
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** LARS (You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017) over SGD with momentum. */
export interface LarsOptions {
  kind: 'lars';
  momentum: number;
  /** 0.001 in the paper. */
  trustCoefficient: number;
}

export type OptimizerOptions = (SgdOptions | AdamWOptions | LarsOptions) & {
  /**
   * λ of the weight decay, 0 by default. With `sgd` and `lars` λ·w is added to the gradient; with `adamw` it is
   * decoupled: w ← w − lr·λ·w.
   */
  weightDecay?: number;
  /**
   * Which parameters are decayed, and adapted by LARS, by name. By default those of two dimensions or more: not the
   * biases, nor the scales and offsets of batch normalisation.
   */
  decayed?: (name: string) => boolean;
  /** Largest L2 norm that all gradients together may have; larger ones are scaled down to it, before any decay. */
  clipNorm?: number;
  /** Per parameter name: multiplies the learning rate (a new head learns faster than a pretrained backbone). */
  learningRateFactors?: Readonly<Record<string, number>>;
};

/** A pure function of state: its slots are variables that belong to a program's state. */
export interface Optimizer {
  /** Slot name → variable, such as `momentum/conv1.weight`. */
  readonly slots: Readonly<Record<string, Variable>>;
  /** Updates the parameters in place. `learningRate` is a scalar tensor, an input of the captured step. */
  apply(gradients: Record<string, Tensor>, learningRate: Tensor): void;
}

/** Parameters and gradients are keyed by name. */
export type CreateOptimizer = (
  engine: Engine,
  parameters: Readonly<Record<string, Variable>>,
  options: OptimizerOptions,
) => Optimizer;
