import { nearest, UserError } from '#contracts';
import { GLOBAL_POOL, type Model } from '#models';
import { stagesOf } from '../training/stages.js';

/**
 * Where the maps that leave a network's stages are to be had: of each stage (`layer2`) the layer whose input its output is,
 * pooling between the two included. The last of them goes into the global average pool; what comes behind is no map.
 */
export function layersAfterStages(model: Pick<Model, 'parameters' | 'head' | 'rows'>): ReadonlyMap<string, string> {
  const after = new Map<string, string>();
  const stages = stagesOf(model);
  for (const [index, { parameters }] of stages.entries()) {
    if (index === 0) continue;
    const [first] = parameters;
    const { name } = stages[index - 1];
    // A linear layer takes what is pooled.
    const isLinear = model.parameters[first].rank === 2;
    after.set(name, isLinear ? GLOBAL_POOL : first.slice(0, first.lastIndexOf('.')));
    if (isLinear) break;
  }
  return after;
}

/**
 * The stage that a spec names.
 * @param network in words: "the teacher resnet18"
 * @throws UserError that lists the legal ones and the nearest
 */
export function checkStage(name: string, stages: readonly string[], network: string, field: string): void {
  if (stages.includes(name)) return;
  if (stages.length === 0) {
    throw new UserError(`${network} is a TensorFlow.js model, of which no stage is known`, {
      field,
      remedy:
        'Leave out loss.studentLayer and loss.teacherLayer, or name a teacher of an architecture that is known here.',
    });
  }
  const hint = nearest(name, [...stages]);
  throw new UserError(`${network} has no stage "${name}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`, {
    field,
    remedy: `Name one of ${stages.join(', ')}.`,
  });
}
