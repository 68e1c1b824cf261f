import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isWeightsPath, UserError } from '#contracts';
import type { Engine } from '#engine';
import { pretrainedSource, readModel, type PretrainedSource } from '#models';
import { partsOf } from './build-classifier.js';
import type { ClassifierParts } from './classifier.js';
import { MODEL_FILE, readModelFolder, WEIGHTS_FILE } from './model-folder.js';

/** What a spec's `weights` names. */
export type Weights =
  | { kind: 'none' }
  | { kind: 'named'; source: PretrainedSource }
  | { kind: 'saved'; path: string; parts: ClassifierParts };

/**
 * Finds an architecture's weights: `none`, a named source (`coco`), or the path of a model folder or file (with a slash in it).
 * @param field the spec's field that holds the name, for errors
 * @throws UserError naming `field` where there are no such weights, or they are of another architecture
 */
export async function findWeights(
  engine: Engine,
  { model, weights }: { model: string; weights: string },
  { field, baseFolder }: { field: string; baseFolder: string },
): Promise<Weights> {
  if (weights === 'none') return { kind: 'none' };
  return namingField(field, async () => {
    if (!isWeightsPath(weights)) return { kind: 'named', source: pretrainedSource(model, weights) };
    const path = resolve(baseFolder, weights.startsWith('~/') ? join(homedir(), weights.slice(2)) : weights);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) throw new UserError(`there is nothing at ${path}`);
    const parts = info.isDirectory() ? await readModelFolder(path) : await readModelFile(engine, path);
    if (parts.architecture !== model) {
      throw new UserError(`the weights in ${path} are of ${parts.architecture}, not of ${model}`, {
        remedy: `Use weights of ${model}, or set the model to ${parts.architecture}.`,
      });
    }
    return { kind: 'saved', path, parts };
  });
}

/** A weights file: of a model folder, or one that describes itself. */
async function readModelFile(engine: Engine, path: string): Promise<ClassifierParts> {
  const folder = dirname(path);
  const inFolder = basename(path) === WEIGHTS_FILE && (await stat(join(folder, MODEL_FILE)).catch(() => undefined));
  if (inFolder) return readModelFolder(folder);
  const { model, description } = await readModel(engine, path);
  try {
    return {
      ...partsOf(model),
      classNames: description.classes,
      image: {
        size: description.imageSize,
        resize: description.resize,
        mean: [...description.preprocessing.mean],
        std: [...description.preprocessing.std],
      },
      outputs: 'softmax',
    };
  } finally {
    model.dispose();
  }
}

/** Lets a UserError name the spec's field that led to it. */
export async function namingField<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message, { field, remedy: error.remedy, cause: error });
  }
}
