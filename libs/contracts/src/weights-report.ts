import { z } from 'zod';
import { KNOWN_MODELS } from './known-models.js';
import { PreparationSchema } from './spec.js';

/** What `distillery weights convert` writes. */
export const MODEL_FORMATS = ['model-folder', 'safetensors', 'torch', 'tfjs', 'saved-model'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** What is known of a file of weights, or was written. */
export const WeightsReportSchema = z.object({
  file: z.string(),
  /** Such as `safetensors`, `torch`, `model-folder`. */
  format: z.string(),
  /** Of the file's own description, or the only one whose names and shapes it has. */
  architecture: z.string().optional(),
  variant: z.string().optional(),
  layout: z.enum(['torch', 'tensorflow']).optional(),
  /** Width of the head. */
  outputs: z.int().optional(),
  /** What the outputs mean; absent where the file does not say. */
  classes: z.array(z.string()).optional(),
  /** How images are prepared; absent where the file does not say. */
  image: PreparationSchema.optional(),
  tensors: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })),
  /** Numbers in all tensors. */
  numbers: z.int(),
  /** Why the weights could not be used, such as NaN. */
  problems: z.array(z.string()),
  /** What was taken for granted when it was written, since neither the file nor an option said it. */
  assumed: z.array(z.string()).default([]),
});
export type WeightsReport = z.infer<typeof WeightsReportSchema>;

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** Looks at a file of weights; with `to`, writes it as something else. */
export const WeightsMessageSchema = z.object({
  type: z.literal('weights'),
  /** A file, a folder, or the name of a published source. */
  file: z.string(),
  convert: z
    .object({
      to: z.enum(MODEL_FORMATS),
      /** File or folder to write, which is not there yet. */
      out: z.string(),
      model: z.enum(KNOWN_MODELS).optional(),
      classes: z.array(z.string()).min(1).optional(),
      size: z.int().min(8).max(1024).optional(),
      resize: z.enum(['squash', 'crop']).optional(),
      mean: triple.optional(),
      std: triple.optional(),
    })
    .optional(),
  cacheFolder: z.string(),
  weightsMirror: z.string().optional(),
  threads: z.int().nonnegative(),
  engine: z.enum(['auto', 'tensorflow', 'wasm', 'cpu']).default('auto'),
});
export type WeightsMessage = z.infer<typeof WeightsMessageSchema>;
