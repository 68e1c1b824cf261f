import { z } from 'zod';
import { TrainingSpecSchema } from './training-spec.js';

/** What a transfer's spec says beyond what every spec does. Formulas: docs/pipelines.md. */

/** How the backbone takes part in the training. */
export const fineTuningFields = {
  /** Frozen: only the new head is trained, on features computed once. */
  freeze: z.boolean().default(false),
  /**
   * `frozen`: the running statistics of the weights, left alone. `adapt`: they are measured anew on training images
   * before the first step, then left alone. `train`: each batch's own, and the running ones follow. `auto`: `frozen`
   * with pretrained weights and batches of fewer than 32 images, else `train`.
   */
  batchNorm: z.enum(['auto', 'frozen', 'adapt', 'train']).default('auto'),
  /**
   * The head is trained alone at first, and after every so many epochs one stage more, from the head down (Howard &
   * Ruder, 2018). Absent: everything from the beginning.
   */
  unfreezeEvery: z.number().positive().max(1000).optional(),
  /** The learning rate of a stage: times this to the power of its distance from the head. 1: the same for all. */
  stageDecay: z.number().positive().max(1).default(1),
};

export const TransferLossSpecSchema = z.strictObject({
  /** `ce`: one question, a softmax over the classes. `bce`: a yes-or-no question for each class. */
  kind: z.enum(['ce', 'bce']).default('ce'),
  /** This share of each label is spread evenly over all classes (Szegedy et al., 2016). */
  labelSmoothing: z.number().min(0).lt(1).default(0),
  /**
   * What an error costs, by its class: `balanced` is images / (classes · images of the class), or a weight for each
   * class by its name (1 where it has none). Absent: 1.
   */
  classWeights: z
    .union([z.literal('balanced'), z.record(z.string(), z.number().nonnegative().max(1e6))], {
      error: 'must be "balanced", or a weight for each class by its name',
    })
    .optional(),
});

export const TransferTrainingSpecSchema = TrainingSpecSchema.extend({
  /** `balanced`: every class is drawn equally often, whatever its number of images. `shuffled`: every image once an epoch. */
  sampling: z.enum(['shuffled', 'balanced']).default('shuffled'),
});

export type TransferLossSpec = z.output<typeof TransferLossSpecSchema>;
export type TransferTrainingSpec = z.output<typeof TransferTrainingSpecSchema>;
