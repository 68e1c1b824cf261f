import { z } from 'zod';

const EvaluationSchema = z.object({
  images: z.int(),
  /** Share of images whose label is the most probable class, 0 to 1. */
  top1: z.number(),
  /** Share of images whose label is among the five most probable classes; absent with five classes or fewer. */
  top5: z.number().optional(),
  /** Mean cross-entropy with the labels, nats. */
  loss: z.number(),
  perClass: z.array(z.object({ name: z.string(), images: z.int(), accuracy: z.number().nullable() })),
  /** `confusionMatrix[label][prediction]`: number of images. */
  confusionMatrix: z.array(z.array(z.int())),
});
export type Evaluation = z.infer<typeof EvaluationSchema>;

/** `report.json`: what a run found. The test split is read once, at the end. */
export const ReportSchema = z.object({
  pipeline: z.enum(['transfer', 'distillation', 'logistic']),
  name: z.string(),
  seed: z.int(),
  classes: z.array(z.string()),
  dataset: z.object({
    contentHash: z.string(),
    train: z.int(),
    validation: z.int(),
    test: z.int(),
    unlabelled: z.int(),
    /** Files that could not be read, named. */
    unreadable: z.array(z.object({ file: z.string(), reason: z.string() })),
  }),
  model: z.object({ name: z.string(), parameters: z.int(), bytes: z.int() }),
  engine: z.object({ backend: z.string(), version: z.string(), threads: z.int() }),
  validation: z.object({ top1: z.number(), loss: z.number() }).optional(),
  test: EvaluationSchema,
  /** The teacher's own accuracy on the same test images, where there is a teacher with these classes. */
  teacher: z.object({ name: z.string(), testTop1: z.number().optional() }).optional(),
  /** Pipeline-specific facts, such as the λ that was chosen. */
  chosen: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
  durationMs: z.number(),
  imagesPerSecond: z.number().optional(),
});
export type Report = z.infer<typeof ReportSchema>;
