import { z } from 'zod';
import { UserError } from '#contracts';
import type { Engine } from '#engine';
import { createModel } from './create-model.js';
import type { Model, StateDict } from './model.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { loadStateDict, stateDict } from './state-dict.js';
import { fitWeights } from './weights/fit-weights.js';
import type { Layout } from './weights/torch-layout.js';
import { torchStateDict } from './weights/torch-state-dict.js';

/** How images become the network's input: `(pixel / 255 − mean) / std` per channel, R, G, B. */
export interface Preprocessing {
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
}

/** What a saved model says of itself, besides its weights: enough to rebuild it and to feed it an image. */
export interface ModelDescription {
  classes: readonly string[];
  preprocessing: Preprocessing;
  /** Height and width of the input that it was trained with, pixels. */
  imageSize: number;
  /** `squash` or `crop`, as the spec's `image.resize`. */
  resize: 'squash' | 'crop';
  /** What the logits are for: `softmax`, one question with many answers (default), or `sigmoid`, one question per class. */
  outputs?: 'softmax' | 'sigmoid';
}

/** The weights of a model, without an engine. */
export interface ModelWeights {
  architecture: string;
  variant?: string;
  classes: number;
  state: StateDict;
}

const FORMAT = 'distillery-model/1';
const triple = z.tuple([z.number(), z.number(), z.number()]);
const MetadataSchema = z.object({
  format: z.literal(FORMAT),
  architecture: z.string(),
  variant: z.string().optional(),
  layout: z.enum(['torch', 'tensorflow']).default('tensorflow'),
  description: z.object({
    classes: z.array(z.string()).min(1),
    preprocessing: z.object({ mean: triple, std: triple }),
    imageSize: z.int().positive(),
    resize: z.enum(['squash', 'crop']),
    // In the file it is an entry beside the description.
    outputs: z.enum(['softmax', 'sigmoid']).default('softmax'),
  }),
});

/**
 * A model as one safetensors file; architecture, variant and description are in its metadata.
 * @param options.layout `torch`: PyTorch's network of that name loads it, with `strict=True`. Default `tensorflow`
 * @throws UserError for a variant in PyTorch's layout
 */
export function writeModel(
  model: Model,
  description: ModelDescription,
  { layout = 'tensorflow' }: { layout?: Layout } = {},
): Uint8Array {
  const { name, variant, classes } = model;
  return writeModelWeights({ architecture: name, variant, classes, state: stateDict(model) }, description, { layout });
}

/** As `writeModel`, of weights that are in no engine. */
export function writeModelWeights(
  { architecture, variant, classes, state }: ModelWeights,
  description: ModelDescription,
  { layout = 'tensorflow' }: { layout?: Layout } = {},
): Uint8Array {
  if (description.classes.length !== classes) {
    throw new Error(`${description.classes.length} class names for a model of ${classes} classes`);
  }
  const tensors = layout === 'torch' ? torchStateDict(state, { model: architecture, variant, classes }) : state;
  return writeSafetensors(tensors, modelMetadata({ architecture, variant, layout }, description));
}

/** What a file of weights says of itself, for `describedModel` to read. */
export function modelMetadata(
  { architecture, variant, layout }: { architecture: string; variant?: string; layout: Layout },
  { outputs = 'softmax', ...description }: ModelDescription,
): Record<string, string> {
  return {
    format: FORMAT,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    layout,
    outputs,
    description: JSON.stringify(description),
  };
}

/**
 * Rebuilds a model from `writeModel`'s bytes or file, of either layout.
 * @throws UserError where it is not such a file or its weights don't fit the architecture that it names
 */
export async function readModel(
  engine: Engine,
  source: Uint8Array | string,
): Promise<{ model: Model; description: ModelDescription }> {
  const { tensors, metadata } = await readSafetensors(source);
  const { architecture, variant, layout, description } = parseMetadata(metadata, source);
  const file = typeof source === 'string' ? source : 'the file';
  const { state } = fitWeights(architecture, tensors, file, { variant, layout });
  const model = createModel(engine, architecture, { classes: description.classes.length, seed: 0, variant });
  try {
    loadStateDict(model, state);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, description };
}

/** What the metadata of `writeModel`'s file says, or `undefined` where it is another's file. */
export function describedModel(metadata: Readonly<Record<string, string>>):
  | (Pick<z.infer<typeof MetadataSchema>, 'architecture' | 'variant' | 'layout'> & {
      description: Required<ModelDescription>;
    })
  | undefined {
  return metadata.format === FORMAT ? parseMetadata(metadata, 'the file') : undefined;
}

function parseMetadata(
  metadata: Readonly<Record<string, string>>,
  source: Uint8Array | string,
): z.infer<typeof MetadataSchema> {
  try {
    const description = JSON.parse(metadata.description ?? 'null') as object | null;
    return MetadataSchema.parse({ ...metadata, description: { ...description, outputs: metadata.outputs } });
  } catch (cause) {
    const file = typeof source === 'string' ? source : 'the file';
    throw new UserError(`${file} holds weights, but does not say of which model`, {
      remedy: 'give a model file that a run or distillery train has written',
      cause,
    });
  }
}
