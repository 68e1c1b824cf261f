import type { Tensor, Variable } from '../engine.js';
import type { Tf } from '../engine.js';
import { type CaptureError, refusal } from './capture-error.js';
import { drawsRandomNumbers, type KernelCall, READS, refusedKernel, refusedOp, tensorsOf } from './refused-ops.js';
import type { Trace } from './trace.js';

/** The parts of tfjs's engine that a capture watches. */
interface WatchedEngine {
  startScope(name?: string): void;
  readSync(dataId: object): unknown;
  read(dataId: object): unknown;
  runKernelFunc(parameters: KernelCall): Tensor | Tensor[];
  makeTensor(values: ArrayLike<unknown>, shape?: readonly number[], ...rest: unknown[]): Tensor;
}

/** The part of a backend that a capture watches: TensorFlow's alone has it. */
interface WatchedBackend {
  runSavedModel?(): unknown;
}

export interface Watch {
  /** Data of every variable that the function must not use → the variable. */
  foreign: ReadonlyMap<object, Variable>;
  /** Data of the inputs and of the state: what depends on it has another value at each call. */
  changing: Iterable<object>;
  /** Gets what the function does. */
  trace: Trace;
}

/** Refuses for the function that is being captured, while one is. */
let refuseNow: ((did: string, remedy: string) => never) | undefined;

/**
 * Runs a function that is being captured, so that it fails loudly where it would be captured wrongly: where it reads
 * a computed value or has a size depend on one, draws random numbers, runs what has a session of its own, or uses a
 * variable that is not part of the state. Values that do not change from call to call may be read: a converted model
 * looks up its own axes and shapes. Nothing of the watch stays behind.
 * @throws CaptureError
 */
export function guarded<T>(tf: Tf, functionName: string, { foreign, changing, trace }: Watch, run: () => T): T {
  const engine = tf.engine() as unknown as WatchedEngine;
  const backend = tf.backend() as WatchedBackend;
  const { startScope, readSync, runKernelFunc, makeTensor } = engine;
  const { random } = Math;
  const computed = new Set(changing);
  const isComputed = ({ dataId }: Tensor) => computed.has(dataId);
  let first: CaptureError | undefined;
  const refuse = (did: string, remedy: string): never => {
    first ??= refusal(functionName, did, remedy);
    throw first;
  };
  const refuseForeign = (dataId: object) => {
    const variable = foreign.get(dataId);
    if (variable) refuse(`reads the variable ${describe(variable)}`, NOT_IN_STATE);
  };
  engine.startScope = function (name) {
    const refused = name?.endsWith('__op') ? refusedOp(name.slice(0, -4)) : undefined;
    if (refused) refuse(...refused);
    startScope.call(this, name);
  };
  engine.readSync = function (dataId) {
    refuseForeign(dataId);
    return computed.has(dataId) ? refuse(...READS) : readSync.call(this, dataId);
  };
  // Throwing here would only reject a promise that nobody may look at.
  engine.read = () => {
    try {
      return refuse(...READS);
    } catch {
      return new Promise(() => {});
    }
  };
  engine.runKernelFunc = function (call) {
    const inputs = tensorsOf(call.inputs);
    for (const { dataId } of inputs) refuseForeign(dataId);
    const refused = refusedKernel(call, isComputed);
    if (refused) refuse(...refused);
    trace.op(call.kernelName ?? 'a custom gradient', call.inputs ?? {}, call.attrs);
    const outputs = runKernelFunc.call(this, call);
    if (inputs.some(isComputed)) {
      for (const { dataId } of [outputs].flat()) computed.add(dataId);
    }
    return outputs;
  };
  engine.makeTensor = function (values, shape, ...rest) {
    if (values) trace.constant(values, shape);
    return makeTensor.call(this, values, shape, ...rest);
  };
  if (backend.runSavedModel) {
    backend.runSavedModel = () =>
      refuse(
        'runs a SavedModel',
        `${ONCE}; run it before and pass its outputs as inputs, or convert it for tf.loadGraphModel, whose execute() can be captured`,
      );
  }
  Math.random = () => refuse(...drawsRandomNumbers('Math.random'));
  refuseNow = refuse;
  try {
    const result = run();
    // What was refused stays refused where the function caught the error.
    if (first) throw first;
    return result;
  } finally {
    refuseNow = undefined;
    Math.random = random;
    delete backend.runSavedModel;
    for (const name of ['startScope', 'readSync', 'read', 'runKernelFunc', 'makeTensor'] as const) {
      delete (engine as Partial<WatchedEngine>)[name];
    }
  }
}

/**
 * Refuses what works beside tfjs's ops, of which a capture would see nothing. Does nothing where no function is being
 * captured.
 * @throws CaptureError naming the function that is being captured
 */
export function refuseWhileCapturing(did: string, remedy: string): void {
  refuseNow?.(did, remedy);
}

export const ONCE = 'it would happen at capture, on zeros, and not at each call';
export const NOT_IN_STATE = 'it is not in the state; add it to the state, or pass its value as a tensor';

export function describe(variable: Variable): string {
  return `"${variable.name}" [${variable.shape.join(', ')}]`;
}
