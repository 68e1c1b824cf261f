import type { Tensor, Variable } from '../engine.js';
import type { Tf } from '../engine.js';
import { CaptureError } from './capture-error.js';

/** Ops of tfjs-core that draw random numbers in JavaScript: their result would be frozen into the graph. */
const RANDOM_OPS = new Set([
  'dropout',
  'multinomial',
  'rand',
  'randomGamma',
  'randomNormal',
  'randomStandardNormal',
  'randomUniform',
  'randomUniformInt',
  'truncatedNormal',
]);

/** The parts of tfjs's engine that a capture watches. */
interface WatchedEngine {
  startScope(name?: string): void;
  readSync(dataId: object): unknown;
  read(dataId: object): unknown;
  runKernelFunc(parameters: { inputs?: Record<string, Tensor | null | undefined> }): unknown;
}

/**
 * Runs a function that is being captured, so that it fails loudly where it would be captured wrongly: where it reads
 * a value, draws random numbers or uses a variable that is not part of the state. Nothing of the watch stays behind.
 * @param foreign data of every variable that is no declared state → the variable
 * @throws CaptureError
 */
export function guarded<T>(tf: Tf, functionName: string, foreign: ReadonlyMap<object, Variable>, run: () => T): T {
  const engine = tf.engine() as unknown as WatchedEngine;
  const { startScope, runKernelFunc } = engine;
  const { random } = Math;
  let first: CaptureError | undefined;
  const refuse = (did: string, remedy: string): never => {
    first ??= new CaptureError(`The captured function "${functionName}" ${did}: ${remedy}`);
    throw first;
  };
  const refuseRandom = (what: string) =>
    refuse(
      `calls ${what}`,
      'its numbers would be the same at every call; use engine.kernels.randomUniform(shape, seed, step, stream)',
    );
  const refuseRead = () =>
    refuse(
      'reads the value of a tensor (dataSync, arraySync, data, array or print)',
      'the value would be frozen at capture; return the tensor as an output, or compute with tensors (tf.where)',
    );
  engine.startScope = function (name) {
    const op = name?.endsWith('__op') ? name.slice(0, -4) : undefined;
    if (op && RANDOM_OPS.has(op)) refuseRandom(`tf.${op}`);
    startScope.call(this, name);
  };
  engine.readSync = refuseRead;
  // Throwing here would only reject a promise that nobody may look at.
  engine.read = () => {
    try {
      return refuseRead();
    } catch {
      return new Promise(() => {});
    }
  };
  engine.runKernelFunc = function (parameters) {
    for (const input of Object.values(parameters.inputs ?? {})) {
      const variable = input ? foreign.get(input.dataId) : undefined;
      if (variable) refuse(`reads the variable ${describe(variable)}`, NOT_IN_STATE);
    }
    return runKernelFunc.call(this, parameters);
  };
  Math.random = () => refuseRandom('Math.random');
  try {
    const result = run();
    // What was refused stays refused where the function caught the error.
    if (first) throw first;
    return result;
  } finally {
    Math.random = random;
    for (const name of ['startScope', 'readSync', 'read', 'runKernelFunc'] as const) {
      delete (engine as Partial<WatchedEngine>)[name];
    }
  }
}

export const NOT_IN_STATE = 'it is not in the state; add it to the state, or pass its value as a tensor';

export function describe(variable: Variable): string {
  return `"${variable.name}" [${variable.shape.join(', ')}]`;
}
