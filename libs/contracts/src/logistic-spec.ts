import { z } from 'zod';

/** The part of a spec that says what a logistic regression is fitted to, and how; formulas: docs/pipelines.md. */

export const LOGISTIC_FEATURES = ['sigmoid', 'logits', 'penultimate'] as const;
const feature = z.enum(LOGISTIC_FEATURES);
const lambda = z.number().nonnegative().max(1e6);

export const logisticFields = {
  /**
   * What of the teacher is the feature vector: its outputs through the sigmoid, its logits, or its penultimate layer; or
   * several of them, one behind the other.
   */
  features: z
    .union(
      [
        feature,
        z
          .array(feature)
          .min(1)
          .refine((list) => new Set(list).size === list.length, { message: 'names the same features twice' }),
      ],
      { error: `must be one of ${LOGISTIC_FEATURES.join(', ')}, or a list of them` },
    )
    .default('sigmoid'),
  /**
   * Folds for teacher outputs that are out of fold: the teacher's head is fitted anew, and each training image's outputs
   * come of a head that has not seen it. For a teacher that was trained on these images. Absent: its outputs as they are.
   */
  outOfFold: z.int().min(2).max(20).optional(),
  /** `bce`: one binary logistic regression per class, with logits. `multinomial`: one softmax over the classes. */
  loss: z.strictObject({ kind: z.enum(['bce', 'multinomial']).default('bce') }).prefault({}),
  regularization: z
    .strictObject({
      kind: z.enum(['l1', 'l2']).default('l2'),
      /**
       * One λ, or several: the one with the lowest validation loss is refitted on all labelled images. `dinov2`:
       * λ = 1 / (C · n) for 45 values of C from 10⁻⁶ to 10⁵ (Oquab et al., 2023).
       */
      lambda: z
        .union([lambda, z.array(lambda).min(1).max(100), z.literal('dinov2')], {
          error: 'must be a number from 0 to 1000000, a list of them, or "dinov2"',
        })
        .default([1, 0.1, 0.01, 0.001, 0.0001]),
    })
    .prefault({}),
  /** `temperature`: the outputs are divided by the temperature that suits the validation images (Guo et al., 2017). */
  calibration: z.enum(['none', 'temperature']).default('none'),
};

export type LogisticFeature = (typeof LOGISTIC_FEATURES)[number];
