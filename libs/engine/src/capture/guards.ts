import type { Tensor, Variable } from '../engine.js';
import type { Tf } from '../engine.js';
import { CaptureError } from './capture-error.js';
import type { Trace } from './trace.js';

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

/** What to use instead, where it is more than uniform numbers. */
const STATELESS: Readonly<Record<string, string>> = {
  'tf.dropout': 'engine.kernels.dropout(x, rate, seed, step, stream)',
};

/** The parts of tfjs's engine that a capture watches. */
interface WatchedEngine {
  startScope(name?: string): void;
  readSync(dataId: object): unknown;
  read(dataId: object): unknown;
  runKernelFunc(parameters: KernelCall): Tensor | Tensor[];
  makeTensor(values: ArrayLike<unknown>, shape?: readonly number[], ...rest: unknown[]): Tensor;
}

interface KernelCall {
  kernelName?: string;
  inputs?: Record<string, Tensor | null | undefined>;
  attrs?: unknown;
}

export interface Watch {
  /** Data of every variable that the function must not use → the variable. */
  foreign: ReadonlyMap<object, Variable>;
  /** Data of the inputs and of the state: what depends on it has another value at each call. */
  changing: Iterable<object>;
  /** Gets what the function does. */
  trace: Trace;
}

/**
 * Runs a function that is being captured, so that it fails loudly where it would be captured wrongly: where it reads
 * a computed value, draws random numbers or uses a variable that is not part of the state. Values that do not change
 * from call to call may be read: a converted model looks up its own axes and shapes. Nothing of the watch stays behind.
 * @throws CaptureError
 */
export function guarded<T>(tf: Tf, functionName: string, { foreign, changing, trace }: Watch, run: () => T): T {
  const engine = tf.engine() as unknown as WatchedEngine;
  const { startScope, readSync, runKernelFunc, makeTensor } = engine;
  const { random } = Math;
  const computed = new Set(changing);
  let first: CaptureError | undefined;
  const refuse = (did: string, remedy: string): never => {
    first ??= new CaptureError(`The captured function "${functionName}" ${did}: ${remedy}`);
    throw first;
  };
  const refuseRandom = (what: string) =>
    refuse(
      `calls ${what}`,
      `its numbers would be the same at every call; use ${STATELESS[what] ?? 'engine.kernels.randomUniform(shape, seed, step, stream)'}, with the step as an input`,
    );
  const refuseRead = () =>
    refuse(
      'reads the value of a tensor (dataSync, arraySync, data, array or print)',
      'the value would be frozen at capture; return the tensor as an output, or compute with tensors (tf.where)',
    );
  const refuseForeign = (dataId: object) => {
    const variable = foreign.get(dataId);
    if (variable) refuse(`reads the variable ${describe(variable)}`, NOT_IN_STATE);
  };
  engine.startScope = function (name) {
    const op = name?.endsWith('__op') ? name.slice(0, -4) : undefined;
    if (op && RANDOM_OPS.has(op)) refuseRandom(`tf.${op}`);
    startScope.call(this, name);
  };
  engine.readSync = function (dataId) {
    refuseForeign(dataId);
    return computed.has(dataId) ? refuseRead() : readSync.call(this, dataId);
  };
  // Throwing here would only reject a promise that nobody may look at.
  engine.read = () => {
    try {
      return refuseRead();
    } catch {
      return new Promise(() => {});
    }
  };
  engine.runKernelFunc = function (call) {
    const inputs = Object.values(call.inputs ?? {}).flatMap((input) => input ?? []);
    for (const { dataId } of inputs) refuseForeign(dataId);
    trace.op(call.kernelName ?? 'a custom gradient', call.inputs ?? {}, call.attrs);
    const outputs = runKernelFunc.call(this, call);
    if (inputs.some(({ dataId }) => computed.has(dataId))) {
      for (const { dataId } of [outputs].flat()) computed.add(dataId);
    }
    return outputs;
  };
  engine.makeTensor = function (values, shape, ...rest) {
    if (values) trace.constant(values, shape);
    return makeTensor.call(this, values, shape, ...rest);
  };
  Math.random = () => refuseRandom('Math.random');
  try {
    const result = run();
    // What was refused stays refused where the function caught the error.
    if (first) throw first;
    return result;
  } finally {
    Math.random = random;
    for (const name of ['startScope', 'readSync', 'read', 'runKernelFunc', 'makeTensor'] as const) {
      delete (engine as Partial<WatchedEngine>)[name];
    }
  }
}

export const NOT_IN_STATE = 'it is not in the state; add it to the state, or pass its value as a tensor';

export function describe(variable: Variable): string {
  return `"${variable.name}" [${variable.shape.join(', ')}]`;
}
