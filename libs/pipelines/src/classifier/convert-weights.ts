import { stat } from 'node:fs/promises';
import {
  isWeightsPath,
  PreparationSchema,
  UserError,
  type Preparation,
  type WeightsMessage,
  type WeightsReport,
} from '#contracts';
import type { Engine } from '#engine';
import { architecturesOf, loadPretrainedClassifier, pretrainedSource } from '#models';
import type { RunContext } from '../run-context.js';
import { buildClassifier, partsOf } from './build-classifier.js';
import type { ClassifierParts } from './classifier.js';
import { readNetworkFile } from './network-file.js';
import { checkClassNames, readBareWeights, readSavedModel } from './weights.js';
import { writeClassifier } from './write-classifier.js';

export type Conversion = NonNullable<WeightsMessage['convert']>;
type Surroundings = Pick<RunContext, 'cacheFolder' | 'weightsMirror' | 'signal'>;

/** What is known of a model; what is not, an option must say, or a default. */
type Known = Omit<ClassifierParts, 'classNames' | 'image'> & { classNames?: readonly string[]; image?: Preparation };

/**
 * Writes weights as a model of another format. Class names and preprocessing travel with them; where the weights do not
 * say them, the options do, else numbers stand for names and images are prepared as for ImageNet, and the report says
 * what was assumed.
 * @param file a model folder, a file of weights, or the name of a published source
 * @throws UserError where an option contradicts what the weights say (it says both), or the format cannot hold the model
 */
export async function convertWeights(
  engine: Engine,
  file: string,
  options: Conversion,
  surroundings: Surroundings,
): Promise<WeightsReport> {
  const { to, out } = options;
  if ((await stat(out).catch(() => undefined)) !== undefined) {
    throw new UserError(`there is something at ${out} already`, { field: 'out', remedy: 'Name another place.' });
  }
  const known = await readModel(engine, file, options, surroundings);
  const assumed: string[] = [];
  const classNames = classNamesOf(file, known, options, assumed);
  const image = imageOf(file, known, options, assumed);
  const classifier = buildClassifier(engine, { ...known, classNames, image });
  try {
    await writeClassifier(engine, classifier, { to, out });
    const { architecture, variant, networkOutputs, state } = known;
    return {
      file: out,
      format: to,
      architecture,
      variant,
      ...(to === 'torch' ? { layout: 'torch' } : to === 'safetensors' ? { layout: 'tensorflow' } : {}),
      outputs: networkOutputs,
      classes: [...classNames],
      image,
      tensors: Object.entries(state).map(([name, { shape }]) => ({ name, shape })),
      numbers: Object.values(state).reduce((sum, { values }) => sum + values.length, 0),
      problems: [],
      assumed,
    };
  } finally {
    classifier.dispose();
  }
}

async function readModel(
  engine: Engine,
  file: string,
  options: Conversion,
  surroundings: Surroundings,
): Promise<Known> {
  const { model } = options;
  const info = await stat(file).catch(() => undefined);
  if (info === undefined && model !== undefined && !isWeightsPath(file)) {
    return readPublished(engine, model, file, surroundings);
  }
  if (info === undefined) {
    throw new UserError(`there is nothing at ${file}`, {
      remedy: 'To convert published weights by their name, name the model as well.',
    });
  }
  const saved = await readSavedModel(file, info.isDirectory());
  if (saved !== undefined) {
    if (model === undefined || saved.architecture === model) return saved;
    throw new UserError(`the weights in ${file} are of ${saved.architecture}, not of ${model}`, { field: 'model' });
  }
  const bare = await readBareWeights(file, model ?? (await onlyArchitectureOf(file)));
  return { ...bare, outputs: 'softmax' };
}

async function readPublished(
  engine: Engine,
  model: string,
  name: string,
  { cacheFolder, weightsMirror: mirror, signal }: Surroundings,
): Promise<Known> {
  const { preprocessing, imageSize, variant } = pretrainedSource(model, name);
  const { model: loaded, classNames } = await loadPretrainedClassifier(engine, model, name, {
    cacheFolder,
    mirror,
    signal,
  });
  try {
    if (classNames.length === 0) {
      throw new UserError(`the weights ${name} of ${model} have no head, so they are no classifier to convert`, {
        remedy: 'Train a head on them first (pipeline: transfer), and convert the model of that run.',
      });
    }
    const [mean, std] = [[...preprocessing.mean], [...preprocessing.std]] as [Preparation['mean'], Preparation['std']];
    const image: Preparation = { size: imageSize, resize: 'crop', mean, std };
    return { ...partsOf(loaded), variant, classNames, image, outputs: 'softmax' };
  } finally {
    loaded.dispose();
  }
}

async function onlyArchitectureOf(file: string): Promise<string> {
  const { tensors } = await readNetworkFile(file);
  const [only, ...others] = architecturesOf(tensors);
  if (only !== undefined && others.length === 0) return only;
  throw new UserError(`${file} does not say of which model its weights are, and its names and shapes fit none`, {
    field: 'model',
    remedy: 'Name the model.',
  });
}

function classNamesOf(file: string, known: Known, { classes }: Conversion, assumed: string[]): readonly string[] {
  const given = known.classNames;
  if (given !== undefined) {
    const at = classes?.findIndex((name, index) => given[index] !== name) ?? -1;
    if (classes !== undefined && (at >= 0 || classes.length !== given.length)) {
      const [theirs, asked] = [given[Math.max(at, 0)], classes[Math.max(at, 0)]];
      throw new UserError(
        at < 0
          ? `${classes.length} class names are given, and the weights in ${file} have ${given.length}`
          : `class ${at + 1} is "${theirs}" in ${file}, and "${asked}" is asked for`,
        { field: 'classes' },
      );
    }
    return given;
  }
  if (classes !== undefined) {
    checkClassNames(file, classes, known.networkOutputs);
    return classes;
  }
  assumed.push('classes: the numbers of the outputs, from 0');
  return Array.from({ length: known.networkOutputs }, (_, index) => String(index));
}

function imageOf(file: string, known: Known, options: Conversion, assumed: string[]): Preparation {
  const { size, resize, mean, std } = options;
  const own = known.image;
  if (own === undefined) {
    if (mean === undefined || std === undefined) assumed.push("images: prepared with ImageNet's mean and deviation");
    if (size === undefined) assumed.push(`images: of ${usualSize(known.architecture)} pixels`);
    return PreparationSchema.parse({ size: size ?? usualSize(known.architecture), resize, mean, std });
  }
  for (const [name, asked] of Object.entries({ mean, std })) {
    const theirs = own[name as 'mean' | 'std'];
    if (asked === undefined || asked.join() === theirs.join()) continue;
    throw new UserError(`${file} was trained with ${name} ${theirs.join(', ')}, and ${asked.join(', ')} is asked for`, {
      field: name,
    });
  }
  return { ...own, size: size ?? own.size, resize: resize ?? own.resize };
}

/** Of the images that the papers train it with, pixels. */
function usualSize(architecture: string): number {
  if (architecture === 'inception_v3') return 299;
  return /^(small_cnn|resnet(8|20|56)|wrn_.*)$/.test(architecture) ? 32 : 224;
}
