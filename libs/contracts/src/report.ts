import { z } from 'zod';
import { CORRUPTIONS } from './report-spec.js';
import { TestAnswersSchema } from './test-answers.js';

export { leftOut } from './left-out.js';

/** A share, 0 to 1. */
const share = z.number().min(0).max(1);
/** 95 % interval of a share or of a difference: lower and upper end. */
const interval = z.tuple([z.number(), z.number()]);

const PerClassSchema = z.object({
  name: z.string(),
  /** Images of this class: its support. */
  images: z.int(),
  /** Share of its images that are found: the class's recall. Null without images. */
  accuracy: z.number().nullable(),
  /** Of the images that are taken for this class, the share that are of it. Null where none is. */
  precision: z.number().nullable().optional(),
  /** The same as `accuracy`, under the name that precision goes with. */
  recall: z.number().nullable().optional(),
  /** Harmonic mean of precision and recall; null where both are. */
  f1: z.number().nullable().optional(),
});

const EvaluationSchema = z.object({
  images: z.int(),
  /** Share of images whose label is the most probable class, 0 to 1. */
  top1: z.number(),
  /** Wilson's 95 % interval of `top1`, over the drawing of test images. */
  top1Interval: interval.optional(),
  /** Share of images whose label is among the five most probable classes; absent with five classes or fewer. */
  top5: z.number().optional(),
  /** Mean cross-entropy with the labels, nats: the negative log-likelihood (NLL). */
  loss: z.number(),
  /** Mean over the classes that have images, F1 of 0 where a class is never found. */
  macroF1: z.number().optional(),
  perClass: z.array(PerClassSchema),
  /** `confusionMatrix[label][prediction]`: number of images. */
  confusionMatrix: z.array(z.array(z.int())),
});
export type Evaluation = z.infer<typeof EvaluationSchema>;

const CalibratednessSchema = z.object({
  /** Negative log-likelihood, nats per image. */
  nll: z.number(),
  /** Σ over the classes of (probability − truth)², mean over the images: 0 to 2 (Brier, 1950). */
  brier: z.number(),
  /** Expected calibration error over bins of equal width (Guo et al., 2017), 0 to 1. */
  ece: z.number(),
  /** Bin m of M holds the images whose highest probability is in ((m − 1) / M, m / M]; means are null in an empty bin. */
  bins: z.array(z.object({ images: z.int(), confidence: z.number().nullable(), accuracy: z.number().nullable() })),
});
export type Calibratedness = z.infer<typeof CalibratednessSchema>;

const CalibrationSchema = z.object({
  /** Of the test images, as the model is. */
  before: CalibratednessSchema,
  /** Temperature scaling (Guo et al., 2017): the logits divided by T. Absent where there is no image to fit T on that was not trained on. */
  scaling: z
    .object({
      /** T with the lowest NLL of the validation images. */
      temperature: z.number().positive(),
      validationImages: z.int(),
      /**
       * T is of the fit to the training images alone, since the finished model has trained on the validation images too.
       * Absent in a stored report: no.
       */
      beforeFinalFit: z.boolean().default(false),
      /** Of the test images, with that T. */
      after: CalibratednessSchema,
    })
    .optional(),
});

const ScoreOfSplitSchema = z.object({ images: z.int(), top1: share, top1Interval: interval, loss: z.number() });
export type ScoreOfSplit = z.infer<typeof ScoreOfSplitSchema>;

const GapSchema = z.object({
  /** Images of the training split as they are, not augmented. */
  train: ScoreOfSplitSchema,
  validation: ScoreOfSplitSchema.optional(),
  test: ScoreOfSplitSchema,
  /** Top-1 of training images minus that of test images, with its 95 % interval. */
  trainMinusTest: z.object({ difference: z.number(), interval }),
  verdict: z.enum(['over-fitting', 'slight over-fitting', 'no over-fitting seen', 'undecided']),
  /** The verdict in a sentence. */
  words: z.string(),
});
export type Gap = z.infer<typeof GapSchema>;

const CostSchema = z.object({
  parameters: z.int(),
  /** Multiply-adds of convolutions and linear layers for one image. */
  multiplyAdds: z.int().optional(),
  /** Twice the multiply-adds. */
  flops: z.int().optional(),
  /** Of the weights file. */
  bytes: z.int(),
  /** Seconds that the run held its device, from its first attempt to the end of the test. */
  deviceSeconds: z.number(),
  /** Of one forward pass, images included, on this machine with its load. */
  latency: z.array(z.object({ batch: z.int(), runs: z.int(), p50Ms: z.number(), p95Ms: z.number() })),
});

const AttacksSchema = z.object({
  /** The test images that were attacked, drawn by the run's seed; a wrong answer before the attack stays wrong. */
  images: z.int(),
  /** Top-1 of these images as they are. */
  clean: share,
  found: z.array(
    z.object({
      /** `fgsm`: Goodfellow et al., 2015; `pgd`: Madry et al., 2018. Both within ‖·‖∞ ≤ ε of the image. */
      attack: z.enum(['fgsm', 'pgd']),
      /** Of pixel values 0 to 255. */
      epsilon: z.number(),
      steps: z.int(),
      top1: share,
      top1Interval: interval,
    }),
  ),
});

const CorruptionsSchema = z.object({
  images: z.int(),
  clean: share,
  /** Whose five severities: of images of 32 pixels, or of ImageNet's. */
  severities: z.enum(['CIFAR-10-C', 'ImageNet-C']),
  found: z.array(
    z.object({
      kind: z.enum(CORRUPTIONS),
      /** Top-1 at severity 1 to 5. */
      top1: z.array(share),
      /** Over the severities. */
      mean: share,
    }),
  ),
  /** Mean over the kinds that were finished. */
  mean: share.nullable(),
});

const AgreementSchema = z.object({
  images: z.int(),
  /** Share of test images of which teacher and student give the same class first. */
  top1: share,
  /** Mean KL(teacher ‖ student) of the test images, nats, at temperature 1. */
  kl: z.number(),
  /** Shares of test images. */
  bothRight: share,
  onlyTeacherRight: share,
  onlyStudentRight: share,
  bothWrong: share,
  /** Every class with images, as it fares with either. */
  perClass: z.array(
    z.object({
      name: z.string(),
      images: z.int(),
      teacher: share,
      student: share,
      /** One-sided exact sign test of the images that one of the two is right about: is the student worse? */
      p: share,
    }),
  ),
  /** Names of the classes that the student finds less often than the teacher, p < 0.05, the largest loss first. */
  lost: z.array(z.string()),
});
export type Agreement = z.infer<typeof AgreementSchema>;

const MistakeSchema = z.object({
  /** Place in the test split. */
  index: z.int(),
  /** Content hash of the image. */
  hash: z.string(),
  label: z.string(),
  prediction: z.string(),
  /** Probability of the wrong class that was given, and of the right one. */
  confidence: share,
  labelProbability: share,
});
export type Mistake = z.infer<typeof MistakeSchema>;

const LookAlikesSchema = z.object({
  /** Images of each split that were compared with the test images. Absent in older reports, which compared `train` alone. */
  train: z.int(),
  validation: z.int().optional(),
  unlabelled: z.int().optional(),
  /** Test images that were compared with them. */
  test: z.int(),
  /** Test images with a near-copy among those that were trained on or chosen by. */
  found: z.int(),
  /** Places in the test split and in one of the others, a few of them. */
  pairs: z.array(
    z.object({
      train: z.int().optional(),
      validation: z.int().optional(),
      unlabelled: z.int().optional(),
      test: z.int(),
    }),
  ),
});

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
  /** Which of the test images are answered rightly: runs are compared image by image with it. */
  testAnswers: TestAnswersSchema.optional(),
  /**
   * How often the test images were read by whoever read them most, counted where they are read; more than 1 would be a
   * mistake. Of this attempt: one that was interrupted has read them, if at all, after its last step, with the same weights.
   */
  testReads: z.int().optional(),
  /** Everybody who has read them. */
  testReaders: z
    .array(
      z.object({
        /** `model`, which the teacher may look beside, or the spec's field of a teacher that looks at them by itself. */
        reader: z.string(),
        reads: z.int(),
        /** How many of its reads were before the model was finished: 0. */
        early: z.int(),
      }),
    )
    .optional(),
  calibration: CalibrationSchema.optional(),
  gap: GapSchema.optional(),
  cost: CostSchema.optional(),
  attacks: AttacksSchema.optional(),
  corruptions: CorruptionsSchema.optional(),
  /** The teacher's own accuracy on the same test images, where there is a teacher with these classes. */
  teacher: z.object({ name: z.string(), testTop1: z.number().optional() }).optional(),
  agreement: AgreementSchema.optional(),
  /** What the run had of outputs that networks gave before, to this run or another. */
  teacherCache: z
    .object({
      /** Rows that were asked for: one for each image and teacher, and those of hits. */
      rows: z.int(),
      hits: z.int(),
      hitRate: share,
      deviceSecondsComputed: z.number(),
      /** What the hits had cost when they were computed. */
      deviceSecondsSaved: z.number(),
      /** Between a number as it was computed and as it is kept, in float16. */
      largestError: z.number(),
    })
    .optional(),
  /** The surest of the wrong answers first. */
  mistakes: z.array(MistakeSchema).optional(),
  lookAlikes: LookAlikesSchema.optional(),
  /** Parts of the report that were left out, and why. */
  skipped: z.array(z.string()).optional(),
  /** What the run has warned of. */
  warnings: z.array(z.string()).optional(),
  /** Pipeline-specific facts, such as the λ that was chosen. */
  chosen: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
  durationMs: z.number(),
  imagesPerSecond: z.number().optional(),
});
export type Report = z.infer<typeof ReportSchema>;
