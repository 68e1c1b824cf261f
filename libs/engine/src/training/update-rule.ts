import type { Tensor, Tf, Variable } from '../engine.js';

/** One parameter of one step. */
export interface Update {
  name: string;
  parameter: Variable;
  /** Clipped already; of the parameter's shape. */
  gradient: Tensor;
  /** Scalar: the step's learning rate times the parameter's factor. */
  learningRate: Tensor;
  /** λ, or 0 where the parameter is not decayed. */
  weightDecay: number;
  /** Whether LARS adapts the parameter's learning rate. */
  adapted: boolean;
}

/** What tells one kind of optimizer from another: how a gradient moves a parameter. */
export interface UpdateRule {
  readonly slots: Readonly<Record<string, Variable>>;
  /** What all parameters of a step share. Called once a step, before the parameters. */
  beginStep?(): void;
  /** The parameter's next value. Assigns to the slots. */
  next(update: Update): Tensor;
}

/** A variable of zeros for each parameter, named `prefix/NAME`. */
export function zeroSlots(
  tf: Tf,
  prefix: string,
  parameters: Readonly<Record<string, Variable>>,
): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [
      `${prefix}/${name}`,
      tf.tidy(() => tf.variable(tf.zeros(shape), false)),
    ]),
  );
}

export function assign(variable: Variable, value: Tensor): void {
  variable.assign(value as typeof variable);
}
