import type { Engine, Tensor, Variable } from './engine.js';

/** Shape and dtype that an input of a captured function must have; checked at every call. */
export interface InputSignature {
  shape: readonly number[];
  dtype?: 'float32' | 'int32';
}

/**
 * One function of a program. `run` is called once, eagerly, with zeros of the declared inputs, to be captured: it must be
 * synchronous, read no tensor's value, use no randomness but `engine.kernels.randomUniform`, and assign to declared state only.
 */
export interface ProgramFunction {
  inputs: Readonly<Record<string, InputSignature>>;
  run(inputs: Record<string, Tensor>): Record<string, Tensor>;
}

/**
 * Several functions captured into one graph over one shared state. The state lives in the graph's session between
 * calls; `pull` copies it to the variables (for a checkpoint) and `push` copies the variables to it.
 * Capturing leaves the variables as they were. On `wasm` and `cpu` the same functions run eagerly.
 */
export interface Program {
  /**
   * Calls a captured function. The caller disposes of the outputs.
   * @throws InputMismatchError naming the function, the input, and both shapes or dtypes
   */
  call(name: string, inputs: Record<string, Tensor>): Record<string, Tensor>;
  pull(): void;
  push(): void;
  /** Frees the session, its temporary files and tensors; the variables stay. */
  dispose(): void;
}

export interface ProgramOptions {
  /** Name → variable: everything that the functions read and change, weights, optimizer slots and statistics alike. */
  state: Readonly<Record<string, Variable>>;
  functions: Readonly<Record<string, ProgramFunction>>;
}

export type CreateProgram = (engine: Engine, options: ProgramOptions) => Program;
