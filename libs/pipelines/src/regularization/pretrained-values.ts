import type { RegularizationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { readVariables, type Model, type StateDict } from '#models';
import type { Checkpoint } from '../run-context.js';
import { regularizedNames } from './regularization.js';

const PREFIX = 'start/';

/** The values that l2-sp draws to. */
export interface PretrainedValues {
  /** By parameter name; empty where the regulariser does not ask for them. */
  tensors: Record<string, Tensor>;
  /** The same for the checkpoint: by then the parameters have moved on. */
  kept?: StateDict;
  dispose(): void;
}

/**
 * The starting point of a model's regularised weights, all but its new head's: as they are now, or, where a training
 * is continued, as they were.
 */
export function pretrainedValues(
  engine: Engine,
  regularization: RegularizationSpec,
  model: Model,
  backbone: { pretrained: boolean },
  checkpoint: Checkpoint | undefined,
): PretrainedValues {
  if (regularization.kind !== 'l2-sp' || !backbone.pretrained) return { tensors: {}, dispose: () => {} };
  const names = regularizedNames(model.parameters).filter((name) => !model.head.includes(name));
  const now = readVariables(Object.fromEntries(names.map((name) => [name, model.parameters[name]])));
  const values = names.map((name) => [name, checkpoint?.state[`${PREFIX}${name}`] ?? now[name]] as const);
  const tensors = Object.fromEntries(
    values.map(([name, value]) => [name, engine.tf.tensor(value.values, value.shape) as Tensor]),
  );
  return {
    tensors,
    kept: Object.fromEntries(values.map(([name, value]) => [`${PREFIX}${name}`, value])),
    dispose: () => engine.tf.dispose(tensors),
  };
}
