import type { Engine, Tensor, Variable } from './engine.js';

/** Shape and dtype that an input of a captured function must have; checked at every call. */
export interface InputSignature {
  /** `null`: of any size. A call with sizes that were not met before captures the function for them. */
  shape: readonly (number | null)[];
  /** `uint8`: passed as a `Uint8Array`, seen by the function as an int32 tensor. Default float32. */
  dtype?: 'float32' | 'int32' | 'uint8';
}

/** What a function is called with: a tensor, or for an input of `uint8` the bytes, row by row. */
export type ProgramInput = Tensor | Uint8Array;

/**
 * One function of a program. `run` is called eagerly, with zeros of the declared inputs, to be captured: it must be
 * synchronous, read no tensor's value, have no size depend on one, do the same at every call, use no randomness but the
 * engine's kernels, call no program, and assign to declared state only.
 */
export interface ProgramFunction {
  inputs: Readonly<Record<string, InputSignature>>;
  run(inputs: Record<string, Tensor>): Record<string, Tensor>;
}

/**
 * Several functions captured into one graph over one shared state. The state lives in the graph's session between
 * calls; `pull` copies it to the variables (for a checkpoint) and `push` copies the variables to it.
 * Capturing leaves the variables as they were. On `wasm` and `cpu`, or with `capture: false`, the same functions run eagerly.
 */
export interface Program {
  /**
   * Calls a captured function. The caller disposes of the outputs.
   * @throws InputMismatchError naming the function, the input, and both shapes or dtypes
   * @throws CaptureError where sizes are new and the function cannot be captured for them; the program is as before
   */
  call(name: string, inputs: Readonly<Record<string, ProgramInput>>): Record<string, Tensor>;
  pull(): void;
  push(): void;
  /** Frees the session, its temporary files and tensors; the variables stay. */
  dispose(): void;
}

/** Numbers that convolutions and matrix products multiply; sums, statistics, losses and weights stay float32. */
export type Precision = 'float32' | 'bfloat16';

export interface ProgramOptions {
  /** Name → variable: everything that the functions read and change, weights, optimizer slots and statistics alike. */
  state: Readonly<Record<string, Variable>>;
  /**
   * Variables that functions read and none assigns to: constants of the graph, so that TensorFlow can fold batch
   * normalisation into convolutions. They must not change while the program lives.
   */
  constants?: Readonly<Record<string, Variable>>;
  functions: Readonly<Record<string, ProgramFunction>>;
  /** Default float32. Without effect where nothing is captured. */
  precision?: Precision;
  /**
   * `false`: the functions run eagerly on the variables, as they do on `wasm` and `cpu`, so that each kernel that they use
   * can be watched. Default: the engine's `captures`.
   */
  capture?: boolean;
  /** How many combinations of sizes of a function are kept; the one not called for longest is forgotten. Default 12. */
  maxShapes?: number;
}

export type CreateProgram = (engine: Engine, options: ProgramOptions) => Program;
