import { UserError } from '#contracts';
import type { Engine, Variable } from '#engine';
import type { Model, StateDict } from './model.js';

type Variables = Readonly<Record<string, Variable>>;

export interface LoadOptions {
  /** `false`: names that only one side has are passed over; shapes must still agree. Default `true`. */
  strict?: boolean;
}

/** Copies every parameter and statistic. Of a captured program's state, `pull` first. */
export function stateDict(model: Model): StateDict {
  return readVariables({ ...model.parameters, ...model.statistics });
}

/**
 * Sets every parameter and statistic; all or nothing.
 * @throws UserError where the weights are of another architecture (it names the first differences on both sides) or hold
 *   a number that is not finite
 */
export function loadStateDict(model: Model, dict: StateDict, options: LoadOptions = {}): void {
  const form = model.variant === undefined ? '' : ` (${model.variant})`;
  const variables = { ...model.parameters, ...model.statistics };
  assignVariables(model.engine, variables, dict, { ...options, owner: `${model.name}${form}` });
}

/** Copies variables by name, such as a model's, or an optimizer's slots for a checkpoint. */
export function readVariables(variables: Variables): StateDict {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      { shape: [...variable.shape], values: Float32Array.from(variable.dataSync()) },
    ]),
  );
}

/**
 * Sets variables by name; all or nothing.
 * @param options.owner whose variables they are, for the message
 * @throws UserError as `loadStateDict`
 */
export function assignVariables(
  engine: Engine,
  variables: Variables,
  dict: StateDict,
  options: LoadOptions & { owner: string },
): void {
  const { strict = true, owner } = options;
  const shapes = Object.fromEntries(Object.entries(variables).map(([name, { shape }]) => [name, shape]));
  refuseDifferences(shapes, dict, { strict, owner });
  const names = Object.keys(variables).filter((name) => Object.hasOwn(dict, name));
  refuseNonFinite(Object.fromEntries(names.map((name) => [name, dict[name]])));
  for (const name of names) {
    const value = engine.tf.tensor(dict[name].values, dict[name].shape, 'float32');
    variables[name].assign(value);
    value.dispose();
  }
}

/**
 * Checks names and shapes of weights against those of a model.
 * @param shapes of the model's parameters and statistics, by name
 * @param options.owner whose they are, for the message
 * @throws UserError that names the first differences on both sides
 */
export function refuseDifferences(
  shapes: Readonly<Record<string, readonly number[]>>,
  dict: Readonly<Record<string, NumbersOfShape>>,
  { strict = true, owner }: LoadOptions & { owner: string },
): void {
  const differences = [...shapeDifferences(shapes, dict), ...(strict ? nameDifferences(owner, shapes, dict) : [])];
  if (differences.length === 0) return;
  throw new UserError(`the weights do not fit ${owner}: ${differences.join('; ')}`, {
    remedy: 'use weights that were saved from this architecture with this number of classes',
  });
}

/** @throws UserError that names the first tensors with NaN or infinity, and where it is */
export function refuseNonFinite(dict: StateDict): void {
  const found = Object.entries(dict).flatMap(([name, { values }]) => {
    const at = values.findIndex((value) => !Number.isFinite(value));
    return at < 0 ? [] : [{ name, at, value: values[at] }];
  });
  if (found.length === 0) return;
  const [{ name, at, value }] = found;
  const others = firstOf(
    found.slice(1).map((each) => each.name),
    (each) => each,
  );
  const also = others.length === 0 ? '' : `; also in ${others.join(', ')}`;
  throw new UserError(`the weights hold ${value} in ${name} at position ${at}${also}`, {
    remedy: 'the training that made them has diverged: use an earlier checkpoint or a lower learning rate',
  });
}

interface NumbersOfShape {
  shape: readonly number[];
  values: { readonly length: number };
}
type Shapes = Readonly<Record<string, readonly number[]>>;

function shapeDifferences(shapes: Shapes, dict: Readonly<Record<string, NumbersOfShape>>): string[] {
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const different = Object.keys(shapes).filter((name) => {
    if (!Object.hasOwn(dict, name)) return false;
    const { shape, values } = dict[name];
    return shape.join() !== shapes[name].join() || values.length !== count(shape);
  });
  return firstOf(different, (name) => {
    const [theirs, ours] = [dict[name].shape, shapes[name]];
    return theirs.join() === ours.join()
      ? `${name} is [${theirs}] but has ${dict[name].values.length} numbers`
      : `${name} is [${theirs}] in the weights and [${ours}] in the model`;
  });
}

function nameDifferences(owner: string, shapes: Shapes, dict: Readonly<Record<string, NumbersOfShape>>): string[] {
  const missing = Object.keys(shapes).filter((name) => !Object.hasOwn(dict, name));
  const unexpected = Object.keys(dict).filter((name) => !Object.hasOwn(shapes, name));
  return [
    ...firstOf(missing, (name) => `the weights lack ${name} [${shapes[name]}]`),
    ...firstOf(unexpected, (name) => `${owner} has no ${name} [${dict[name].shape}]`),
  ];
}

function firstOf(names: string[], describe: (name: string) => string): string[] {
  const shown = 2;
  const rest = names.length - shown;
  const described = names.slice(0, shown).map(describe);
  if (rest > 0) described[shown - 1] += ` (and ${rest} more)`;
  return described;
}
