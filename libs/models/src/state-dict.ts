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
  const names = Object.keys(variables).filter((name) => Object.hasOwn(dict, name));
  const differences = [
    ...shapeDifferences(names, variables, dict),
    ...(strict ? nameDifferences(owner, variables, dict) : []),
  ];
  if (differences.length > 0) {
    throw new UserError(`the weights do not fit ${owner}: ${differences.join('; ')}`, {
      remedy: 'use weights that were saved from this architecture with this number of classes',
    });
  }
  for (const name of names) refuseNonFinite(name, dict[name].values);
  for (const name of names) {
    const value = engine.tf.tensor(dict[name].values, dict[name].shape, 'float32');
    variables[name].assign(value);
    value.dispose();
  }
}

function shapeDifferences(names: string[], variables: Variables, dict: StateDict): string[] {
  const different = names.filter((name) => {
    const { shape, values } = dict[name];
    return shape.join() !== variables[name].shape.join() || values.length !== variables[name].size;
  });
  return firstOf(different, (name) => {
    const [theirs, ours] = [dict[name].shape, variables[name].shape];
    return theirs.join() === ours.join()
      ? `${name} is [${theirs}] but has ${dict[name].values.length} numbers`
      : `${name} is [${theirs}] in the weights and [${ours}] in the model`;
  });
}

function nameDifferences(owner: string, variables: Variables, dict: StateDict): string[] {
  const missing = Object.keys(variables).filter((name) => !Object.hasOwn(dict, name));
  const unexpected = Object.keys(dict).filter((name) => !Object.hasOwn(variables, name));
  return [
    ...firstOf(missing, (name) => `the weights lack ${name} [${variables[name].shape}]`),
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

function refuseNonFinite(name: string, values: Float32Array): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new UserError(`the weights hold ${values[at]} in ${name} at position ${at}`, {
      remedy: 'the training that made them has diverged: use an earlier checkpoint or a lower learning rate',
    });
  }
}
