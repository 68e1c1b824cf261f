import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PreparationSchema, UserError, type Preparation } from '#contracts';
import { describedModel, type TfjsModel } from '#models';

/** Beside `model.json` of a network from elsewhere, what it cannot say of itself. */
export const TFJS_DESCRIPTION_FILE = 'distillery.json';

const DescriptionSchema = z.strictObject({
  /** Meaning of the outputs, in their order. */
  classes: z.array(z.string()).min(1),
  /** Input: `(pixel / 255 − mean) / std` per channel, fitted to size × size by `resize`. */
  image: PreparationSchema,
  outputs: z.enum(['softmax', 'sigmoid']).optional(),
  /** Name of the node that gives the logits; default: the model's one output, before a softmax or sigmoid. */
  logits: z.string().optional(),
  /** Name of the node that gives the penultimate layer; default: the logits. */
  features: z.string().optional(),
});
export type TfjsDescription = z.infer<typeof DescriptionSchema>;

/** Images of a graph that was written here are prepared inside it: it takes 0 to 255. */
const UNPREPARED = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } satisfies Partial<Preparation>;

/** Whether a network takes the bytes as they are, so that what it makes of their colours is not to be seen from outside. */
export function isPreparedWithin({ mean, std }: Pick<Preparation, 'mean' | 'std'>): boolean {
  return String([mean, std]) === String([UNPREPARED.mean, UNPREPARED.std]);
}

/** @throws UserError where a model from elsewhere is not described, or not rightly */
export async function describeTfjsModel(folder: string, { metadata }: TfjsModel): Promise<TfjsDescription> {
  const own = describedModel(metadata);
  if (own !== undefined) {
    const { classes, imageSize, resize, outputs } = own.description;
    const image = PreparationSchema.parse({ size: imageSize, resize, ...UNPREPARED });
    return { classes: [...classes], image, outputs, logits: 'logits' };
  }
  const file = join(folder, TFJS_DESCRIPTION_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`the TensorFlow.js model in ${folder} does not say what its outputs mean`, {
      remedy: `Write ${file}: { "classes": ["cat", …], "image": { "size": 224, "mean": [r, g, b], "std": [r, g, b] } }.`,
      cause,
    });
  });
  try {
    return DescriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const where = issue === undefined ? 'is not JSON' : `${issue.path.join('.')} ${issue.message}`;
    throw new UserError(`${file} does not describe a model: ${where}`, { cause });
  }
}
