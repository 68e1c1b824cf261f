import {
  clipGradients,
  createOptimizer,
  type Engine,
  type OptimizerOptions,
  type Tensor,
  type Variable,
} from '#engine';

export interface GroupedOptimizer {
  /** Slot name → variable, for the program's state and the checkpoint. */
  readonly slots: Readonly<Record<string, Variable>>;
  /** Moves the parameters of the first `groups` groups; the others, and their slots, are left alone. */
  apply(gradients: Record<string, Tensor>, learningRate: Tensor, groups: number): void;
}

/**
 * An optimizer for each group of parameters. One whose training begins later begins as if it were new, with no momentum
 * and, for AdamW, at its own first step: PyTorch's, too, counts the steps of each parameter for itself. Gradients are
 * clipped together, over those that are trained.
 */
export function groupedOptimizer(
  engine: Engine,
  groups: readonly Readonly<Record<string, Variable>>[],
  { clipNorm, learningRateFactors = {}, ...options }: OptimizerOptions,
): GroupedOptimizer {
  const optimizers = groups.map((parameters) => {
    const factors = Object.entries(learningRateFactors).filter(([name]) => Object.hasOwn(parameters, name));
    return createOptimizer(engine, parameters, { ...options, learningRateFactors: Object.fromEntries(factors) });
  });
  const named = optimizers.map(({ slots }, index) =>
    Object.entries(slots).map(([name, slot]) => [index === 0 ? name : `group${index}/${name}`, slot] as const),
  );
  return {
    slots: Object.fromEntries(named.flat()),
    apply: (gradients, learningRate, count) =>
      engine.tf.tidy(() => {
        const clipped = clipNorm === undefined ? gradients : clipGradients(engine, gradients, clipNorm);
        for (const optimizer of optimizers.slice(0, count)) optimizer.apply(clipped, learningRate);
      }),
  };
}
