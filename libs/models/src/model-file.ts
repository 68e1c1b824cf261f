import { z } from 'zod';
import { UserError } from '#contracts';
import type { Engine } from '#engine';
import { createModel } from './create-model.js';
import type { Model } from './model.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { loadStateDict, stateDict } from './state-dict.js';

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
}

const FORMAT = 'distillery-model/1';
const triple = z.tuple([z.number(), z.number(), z.number()]);
const MetadataSchema = z.object({
  format: z.literal(FORMAT),
  architecture: z.string(),
  variant: z.string().optional(),
  description: z.object({
    classes: z.array(z.string()).min(1),
    preprocessing: z.object({ mean: triple, std: triple }),
    imageSize: z.int().positive(),
    resize: z.enum(['squash', 'crop']),
  }),
});

/** A model as one safetensors file; architecture, variant and description are in its metadata. */
export function writeModel(model: Model, description: ModelDescription): Uint8Array {
  if (description.classes.length !== model.classes) {
    throw new Error(`${description.classes.length} class names for a model of ${model.classes} classes`);
  }
  return writeSafetensors(stateDict(model), {
    format: FORMAT,
    architecture: model.name,
    ...(model.variant === undefined ? {} : { variant: model.variant }),
    description: JSON.stringify(description),
  });
}

/**
 * Rebuilds a model from `writeModel`'s bytes or file.
 * @throws UserError where it is not such a file or its weights don't fit the architecture that it names
 */
export async function readModel(
  engine: Engine,
  source: Uint8Array | string,
): Promise<{ model: Model; description: ModelDescription }> {
  const { tensors, metadata } = await readSafetensors(source);
  const { architecture, variant, description } = parseMetadata(metadata, source);
  const model = createModel(engine, architecture, { classes: description.classes.length, seed: 0, variant });
  try {
    loadStateDict(model, tensors);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, description };
}

function parseMetadata(metadata: Record<string, string>, source: Uint8Array | string): z.infer<typeof MetadataSchema> {
  try {
    return MetadataSchema.parse({ ...metadata, description: JSON.parse(metadata.description ?? 'null') });
  } catch (cause) {
    const file = typeof source === 'string' ? source : 'the file';
    throw new UserError(`${file} holds weights, but does not say of which model`, {
      remedy: 'give a model file that a run or distillery train has written',
      cause,
    });
  }
}
