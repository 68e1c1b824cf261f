import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isWeightsPath, UserError, type ModelName } from '#contracts';
import {
  declaredShapes,
  describedModel,
  fitWeights,
  MODELS,
  pretrainedSource,
  readWeightsFile,
  type PretrainedSource,
  type StateDict,
} from '#models';
import { foldStandardisation, type Standardisation } from '../logistic-regression/standardisation.js';
import type { ClassifierParts } from './classifier.js';
import { isModelFolder, MODEL_FILE, readModelFolder, WEIGHTS_FILE } from './model-folder.js';
import { readNetworkFile } from './network-file.js';

/** What a network's weights alone say. */
export type NetworkParts = Pick<
  ClassifierParts,
  'architecture' | 'variant' | 'networkOutputs' | 'state' | 'sigmoidLayers'
>;

/** What a spec's `weights` names. */
export type Weights =
  | { kind: 'none' }
  | { kind: 'named'; source: PretrainedSource }
  | { kind: 'saved'; path: string; parts: ClassifierParts }
  /** A file that says nothing of itself: not of what its outputs mean, nor of how images must be prepared. */
  | { kind: 'bare'; path: string; parts: NetworkParts };

/**
 * Finds an architecture's weights: `none`, a named source (`coco`), or the path of a model folder or of a file of any
 * format that `readNetworkFile` knows.
 * @param field the spec's field that holds the name, for errors
 * @throws UserError naming `field` where there are no such weights, or they are of another architecture
 */
export async function findWeights(
  { model, weights }: { model: string; weights: string },
  { field, baseFolder }: { field: string; baseFolder: string },
): Promise<Weights> {
  if (weights === 'none') return { kind: 'none' };
  return namingField(field, async () => {
    if (!isWeightsPath(weights)) return { kind: 'named', source: pretrainedSource(model, weights) };
    const path = resolve(baseFolder, weights.startsWith('~/') ? join(homedir(), weights.slice(2)) : weights);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) throw new UserError(`there is nothing at ${path}`);
    const saved = await readSavedModel(path, info.isDirectory());
    if (saved === undefined) return { kind: 'bare', path, parts: await readBareWeights(path, model) };
    if (saved.architecture !== model) {
      throw new UserError(`the weights in ${path} are of ${saved.architecture}, not of ${model}`, {
        remedy: `Use weights of ${model}, or set the model to ${saved.architecture}.`,
      });
    }
    return { kind: 'saved', path, parts: saved };
  });
}

/**
 * A model that describes itself: a model folder, its weights file, or a file of weights with a description in it, in
 * whatever layout. `undefined` for a file that does not.
 */
export async function readSavedModel(path: string, isFolder: boolean): Promise<ClassifierParts | undefined> {
  if (isFolder && (await isModelFolder(path))) return readModelFolder(path);
  const folder = dirname(path);
  const inFolder = basename(path) === WEIGHTS_FILE && (await stat(join(folder, MODEL_FILE)).catch(() => undefined));
  if (inFolder) return readModelFolder(folder);
  const { tensors, metadata } = await readWeightsFile(path);
  const described = describedModel(metadata);
  if (described === undefined) return undefined;
  if (metadata.sigmoidLayers !== undefined) {
    throw new UserError(
      `${path} has layers on the sigmoid of its network, and only the network can be taken from a graph`,
      {
        remedy: 'Name the model folder that it was written from. As a teacher, the graph itself serves: teacher.path.',
      },
    );
  }
  const { architecture, variant, layout, description } = described;
  const { state, classes } = fitWeights(architecture, tensors, path, { variant, layout });
  checkClassNames(path, description.classes, classes);
  return {
    architecture,
    variant,
    networkOutputs: classes,
    state,
    sigmoidLayers: [],
    classNames: description.classes,
    image: {
      size: description.imageSize,
      resize: description.resize,
      mean: [...description.preprocessing.mean],
      std: [...description.preprocessing.std],
    },
    outputs: description.outputs,
  };
}

/**
 * The weights of a file that does not describe itself, as those of an architecture.
 * @throws UserError where they are not, or are of a head alone
 */
export async function readBareWeights(path: string, model: string): Promise<NetworkParts> {
  const { format, tensors, standardisation } = await readNetworkFile(path);
  if (format === 'checkpoint') checkWholeNetwork(path, tensors);
  const variant = variantOf(model, tensors);
  const file = format === 'checkpoint' ? `the checkpoint ${path}` : path;
  const { state, classes } = fitWeights(model, tensors, file, { variant });
  return {
    architecture: model,
    variant,
    networkOutputs: classes,
    state: standardisation === undefined ? state : withFoldedHead(state, { model, variant }, standardisation),
    sigmoidLayers: [],
  };
}

/** A weight and a bias are a head. */
function checkWholeNetwork(path: string, tensors: StateDict): void {
  if (Object.keys(tensors).length > 2) return;
  throw new UserError(`the checkpoint ${path} holds no whole network`, {
    remedy:
      'Where the backbone is frozen, and of a logistic regression, a checkpoint holds what is trained alone: use the model folder of the run.',
  });
}

/** The variant of an architecture whose names the weights have; `undefined`: they are of its usual form, or of another. */
function variantOf(model: string, tensors: StateDict): string | undefined {
  const variants = Object.keys(Object.hasOwn(MODELS, model) ? MODELS[model as ModelName].variants : {});
  return variants.find((variant) => {
    const names = Object.keys(declaredShapes(model, { classes: 1, variant }).shapes);
    return names.length === Object.keys(tensors).length && names.every((name) => Object.hasOwn(tensors, name));
  });
}

/** The same network, whose head takes features as they come. */
function withFoldedHead(
  state: StateDict,
  { model, variant }: { model: string; variant?: string },
  standardisation: Standardisation,
): StateDict {
  const { classifier } = declaredShapes(model, { classes: 1, variant });
  const [weightName, biasName] = [`${classifier}.weight`, `${classifier}.bias`];
  const [weight, bias] = [weightName, biasName].map((name) => Float64Array.from(state[name].values));
  const folded = foldStandardisation({ weight, bias }, standardisation);
  return {
    ...state,
    [weightName]: { ...state[weightName], values: folded.weight },
    [biasName]: { ...state[biasName], values: folded.bias },
  };
}

/** @throws UserError that says both numbers */
export function checkClassNames(path: string, names: readonly string[], outputs: number): void {
  if (names.length === outputs) return;
  throw new UserError(`${names.length} class names are given, and the weights in ${path} have ${outputs} outputs`, {
    remedy: 'Give one name for each output, in the order of the outputs.',
  });
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
