import type { Tensor, Tf, Variable } from '../engine.js';
import type { ProgramFunction } from '../program.js';
import { CaptureError, refusal } from './capture-error.js';
import type { SizedSignature } from './check-inputs.js';
import { describe, guarded, NOT_IN_STATE } from './guards.js';
import { difference, Trace } from './trace.js';

export interface Rehearsal {
  inputs: Readonly<Record<string, Tensor>>;
  outputs: Readonly<Record<string, Tensor>>;
  /** Names of the state that the function assigned to; the variables hold the new values. */
  assigned: ReadonlySet<string>;
}

/** Looks on while a function is rehearsed. */
export interface Onlooker<T> {
  /** The inputs and the variables are as the function will find them. */
  before(inputs: Readonly<Record<string, Tensor>>): void;
  /** Calls the function. */
  during(call: () => Record<string, Tensor>): Record<string, Tensor>;
  /** The outputs are alive and the variables hold what was assigned to them. */
  after(rehearsal: Rehearsal): T;
}

/** A function with everything that its rehearsal must know. */
export interface Rehearsed {
  functionName: string;
  run: ProgramFunction['run'];
  inputs: Readonly<Record<string, SizedSignature>>;
  state: Readonly<Record<string, Variable>>;
  constants: Readonly<Record<string, Variable>>;
  /** What the function did before: it must do it again. */
  trace?: Trace;
}

/**
 * Calls a program's function once with zeros, under guard, and puts every variable back. Each variable has data of
 * its own during the call, shared with nothing else, so that what the function uses tells where it came from:
 * otherwise two variables made from one tensor could not be told apart.
 * @returns what the onlooker made of it, and what the function did
 * @throws CaptureError
 */
export function rehearse<T>(
  tf: Tf,
  { functionName, run, inputs: signatures, state, constants, trace: expected }: Rehearsed,
  onlooker: Onlooker<T>,
): { result: T; trace: Trace } {
  if (run.constructor.name === 'AsyncFunction') throw asynchronous(functionName);
  const gone = Object.entries({ ...state, ...constants }).find(([, variable]) => variable.isDisposed);
  if (gone) {
    throw new CaptureError(
      `"${gone[0]}" has been disposed of: the captured function "${functionName}" cannot be called for other sizes than before. ` +
        'Dispose of variables after the program',
    );
  }
  const registered = (tf.engine() as unknown as { registeredVariables: Record<string, Variable> }).registeredVariables;
  const before = new Set(Object.values(registered));
  const declared = new Set(Object.values(state));
  const readable = new Set([...declared, ...Object.values(constants)]);
  const variables = [...new Set([...before, ...readable])];
  const shared = variables.filter(({ dataId }) => tf.backend().refCount(dataId) > 1);
  const snapshots = variables.map((variable) => variable.clone());
  const trace = new Trace();
  try {
    for (const variable of shared) giveOwnData(tf, variable);
    const foreign = new Map(
      variables.filter((variable) => !readable.has(variable)).map((variable) => [variable.dataId, variable]),
    );
    const dataAtStart = new Map(variables.map((variable) => [variable, variable.dataId]));
    let result: T;
    tf.tidy(() => {
      const inputs = mapValues(signatures, ({ shape, dtype }) =>
        tf.zeros([...shape], dtype === 'uint8' ? 'int32' : dtype),
      );
      const changing = [...Object.values(inputs), ...declared].map(({ dataId }) => dataId);
      onlooker.before(inputs);
      const outputs = onlooker.during(() =>
        guarded(tf, functionName, { foreign, changing, trace }, () => run({ ...inputs })),
      );
      checkOutputs(functionName, outputs, foreign);
      for (const variable of Object.values(registered)) {
        if (!before.has(variable)) {
          variable.dispose();
          throw refusal(
            functionName,
            `creates the variable ${describe(variable)}`,
            'create it before, and add it to the state',
          );
        }
      }
      const changed = variables.filter((variable) => variable.dataId !== dataAtStart.get(variable));
      const undeclared = changed.find((variable) => !declared.has(variable));
      if (undeclared) {
        const remedy = readable.has(undeclared) ? 'it is a constant; make it part of the state' : NOT_IN_STATE;
        throw refusal(functionName, `assigns to the variable ${describe(undeclared)}`, remedy);
      }
      const parted = expected && difference(expected, trace);
      if (parted) {
        throw refusal(
          functionName,
          'does not do the same at every call, and only one call is captured',
          `${parted}. Make what changes an input, or two functions of the two ways`,
        );
      }
      const names = Object.keys(state).filter((name) => changed.includes(state[name]!));
      result = onlooker.after({ inputs, outputs, assigned: new Set(names) });
    });
    return { result: result!, trace };
  } finally {
    variables.forEach((variable, i) => {
      if (!variable.isDisposed) variable.assign(snapshots[i]!);
      snapshots[i]!.dispose();
    });
  }
}

function checkOutputs(functionName: string, outputs: unknown, foreign: ReadonlyMap<object, Variable>): void {
  if (outputs instanceof Promise) {
    outputs.catch(() => undefined);
    throw asynchronous(functionName);
  }
  if (typeof outputs !== 'object' || outputs === null) {
    throw refusal(
      functionName,
      'returns no object of tensors',
      'return one, such as { loss }, or {} where there is none',
    );
  }
  for (const [name, output] of Object.entries(outputs as Record<string, Partial<Tensor> | undefined>)) {
    if (!output?.dataId || output.isDisposed) {
      throw refusal(
        functionName,
        `returns no live tensor as "${name}"`,
        'return one that is not disposed of; of a number it is tf.scalar',
      );
    }
    const variable = foreign.get(output.dataId);
    if (variable) {
      throw refusal(functionName, `returns the variable ${describe(variable)}`, NOT_IN_STATE);
    }
  }
}

function asynchronous(functionName: string): CaptureError {
  return refusal(
    functionName,
    'is asynchronous',
    'only synchronous ones can be captured; wait before it is called, and pass the result as an input',
  );
}

function giveOwnData(tf: Tf, variable: Variable): void {
  const copy = tf.tensor(variable.dataSync(), variable.shape, variable.dtype as 'float32');
  variable.assign(copy as typeof variable);
  copy.dispose();
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
