import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PreparationSchema, UserError } from '#contracts';
import type { Engine } from '#engine';
import { parseSafetensors, writeSafetensors, type StateDict } from '#models';
import type { RunContext } from '../run-context.js';
import { buildClassifier } from './build-classifier.js';
import type { Classifier, ClassifierParts, SigmoidLayer } from './classifier.js';
import { openTfjsClassifier } from './tfjs-classifier.js';

export const MODEL_FILE = 'model.json';
export const WEIGHTS_FILE = 'weights.safetensors';

const FORMAT = 'distillery-model-folder/1';
const SIGMOID_LAYER = 'sigmoidLayers.';

/** `model.json`: what the folder's weights are, in full. */
const ModelFileSchema = z.object({
  format: z.literal(FORMAT),
  architecture: z.string(),
  variant: z.string().optional(),
  /** Width of the network's own head. */
  networkOutputs: z.int().positive(),
  /** Linear layers on the sigmoid of what comes before: tensors `sigmoidLayers.N.weight` and `.bias`. */
  sigmoidLayers: z.int().nonnegative(),
  /** Meaning of the outputs, in their order. */
  classes: z.array(z.string()).min(1),
  /** `softmax`: one question with many answers; `sigmoid`: one yes-or-no question per class. */
  outputs: z.enum(['softmax', 'sigmoid']),
  /** Input: `(pixel / 255 − mean) / std` per channel, fitted to size × size by `resize`. */
  image: PreparationSchema,
  parameters: z.int(),
  /** Content hash of the dataset whose training images it has seen. */
  trainedOn: z.string().optional(),
  weights: z.object({ file: z.literal(WEIGHTS_FILE), bytes: z.int(), sha256: z.string() }),
});

/**
 * Writes a classifier as the artifacts `model/weights.safetensors` and `model/model.json`.
 * @returns bytes of the weights file
 */
export async function writeModelFolder(
  context: Pick<RunContext, 'writeArtifact'>,
  classifier: Classifier,
): Promise<number> {
  const { architecture, variant, networkOutputs, state, sigmoidLayers, classNames, image, outputs } = classifier.parts;
  const { trainedOn } = classifier.parts;
  const layers = sigmoidLayers.flatMap((layer, index) =>
    Object.entries(layer).map(([part, tensor]) => [`${SIGMOID_LAYER}${index}.${part}`, tensor] as const),
  );
  const weights = writeSafetensors({ ...state, ...Object.fromEntries(layers) });
  const description: z.infer<typeof ModelFileSchema> = {
    format: FORMAT,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    networkOutputs,
    sigmoidLayers: sigmoidLayers.length,
    classes: [...classNames],
    outputs,
    image,
    parameters: classifier.parameters,
    ...(trainedOn === undefined ? {} : { trainedOn }),
    weights: { file: WEIGHTS_FILE, bytes: weights.length, sha256: sha256(weights) },
  };
  await context.writeArtifact('model', `model/${WEIGHTS_FILE}`, weights);
  await context.writeArtifact('model', `model/${MODEL_FILE}`, Buffer.from(`${JSON.stringify(description, null, 2)}\n`));
  return weights.length;
}

/**
 * Opens a model folder that a run, of any pipeline, has written, or a TensorFlow.js model that says what its outputs mean.
 * @throws UserError that says what is wrong with the folder
 */
export async function openClassifier(engine: Engine, modelFolder: string): Promise<Classifier> {
  if (!(await isModelFolder(modelFolder))) return openTfjsClassifier(engine, modelFolder);
  return buildClassifier(engine, await readModelFolder(modelFolder));
}

/** Whether a folder is none of a TensorFlow.js model, which has a `model.json` too. */
export async function isModelFolder(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, MODEL_FILE), 'utf8').catch(() => '');
  return !/"weightsManifest"\s*:/.test(text);
}

/** The parts of a saved classifier, checked against each other. */
export async function readModelFolder(modelFolder: string): Promise<ClassifierParts> {
  const fail = (why: string, cause?: unknown): never => {
    throw new UserError(`${modelFolder} is not a usable model folder: ${why}`, {
      remedy: `Give the folder "model" of a run or of distillery train --out: it holds ${MODEL_FILE} and ${WEIGHTS_FILE}.`,
      cause,
    });
  };
  const read = async (file: string): Promise<Uint8Array> =>
    readFile(join(modelFolder, file)).catch((error: NodeJS.ErrnoException) =>
      fail(`${file} ${error.code === 'ENOENT' ? 'is missing' : `can't be read (${error.message})`}`, error),
    );
  const description = parseDescription(await read(MODEL_FILE), fail);
  const bytes = await read(WEIGHTS_FILE);
  if (sha256(bytes) !== description.weights.sha256) {
    fail(`${WEIGHTS_FILE} is not the file that ${MODEL_FILE} describes (SHA-256 differs)`);
  }
  const { tensors } = parseSafetensors(bytes, join(modelFolder, WEIGHTS_FILE));
  const { architecture, variant, networkOutputs, classes, outputs, image, trainedOn } = description;
  const state = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith(SIGMOID_LAYER)));
  const sigmoidLayers = readSigmoidLayers(tensors, description.sigmoidLayers, networkOutputs, classes.length, fail);
  return {
    ...{ architecture, variant, networkOutputs, state, sigmoidLayers, classNames: classes, image, outputs },
    ...(trainedOn === undefined ? {} : { trainedOn }),
  };
}

type Fail = (why: string, cause?: unknown) => never;

function parseDescription(bytes: Uint8Array, fail: Fail): z.infer<typeof ModelFileSchema> {
  try {
    return ModelFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    return fail(`${MODEL_FILE} does not describe a model${where}`, cause);
  }
}

function readSigmoidLayers(
  tensors: StateDict,
  count: number,
  networkOutputs: number,
  classes: number,
  fail: Fail,
): SigmoidLayer[] {
  let width = networkOutputs;
  const layers = Array.from({ length: count }, (_, index): SigmoidLayer => {
    const weight = tensors[`${SIGMOID_LAYER}${index}.weight`];
    const bias = tensors[`${SIGMOID_LAYER}${index}.bias`];
    const logits = tensors[`${SIGMOID_LAYER}${index}.logits`] as SigmoidLayer['logits'];
    const features = tensors[`${SIGMOID_LAYER}${index}.features`] as SigmoidLayer['features'];
    const outputs = bias?.shape[0];
    const fits =
      weight?.shape.length === 2 &&
      bias?.shape.length === 1 &&
      weight.shape[0] === width &&
      weight.shape[1] === outputs &&
      (logits === undefined || logits.shape.join() === [width, outputs].join()) &&
      (features === undefined || (features.shape.length === 2 && features.shape[1] === outputs));
    if (!fits) fail(`its layer ${index + 1} on the sigmoid does not fit what comes before`);
    width = outputs;
    return {
      weight,
      bias,
      ...(logits === undefined ? {} : { logits }),
      ...(features === undefined ? {} : { features }),
    };
  });
  if (width !== classes) fail(`it has ${width} outputs, but ${classes} class names`);
  return layers;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
