import { z } from 'zod';
import { distillationFields, MEMBERS, memberWeight, TEACHER_NEEDS, TeacherSpecSchema } from './distillation-spec.js';
import { KNOWN_MODELS } from './known-models.js';
import { logisticFields } from './logistic-spec.js';
import { RandomSpecSchema } from './random.js';
import { ReportSpecSchema } from './report-spec.js';
import { ClaimSpecSchema } from './study/claim-spec.js';
import { TrainingSpecSchema } from './training-spec.js';
import { fineTuningFields, TransferLossSpecSchema, TransferTrainingSpecSchema } from './transfer-spec.js';

/**
 * The spec a person writes: one schema for the API body, a CLI file, a schedule and the dashboard's form.
 * Every object is strict: an unknown key is an error that names the nearest legal one (see `spec-issues.ts`).
 */

const positiveInt = z.int().positive();
const finite = z.number().refine(Number.isFinite, 'must be finite');
/** A count of images (an integer ≥ 1) or a fraction of the split (0 < x < 1). */
const countOrFraction = z
  .number()
  .positive()
  .refine((value) => value < 1 || Number.isInteger(value), {
    message: 'must be a whole number of images, or a fraction between 0 and 1',
  });
const name = z.string().trim().min(1).max(120);
/** A name that is safe in a URL, a folder and an object key. */
export const SlugSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/i,
    'must be 1 to 63 letters, digits, ".", "_" or "-", and begin with a letter or digit',
  );

export const KNOWN_DATASETS = ['cifar10', 'fashion-mnist', 'mnist'] as const;

const datasetCounts = {
  /** Labelled training images to use, taken from the training split before validation is held out. Default: all. */
  train: positiveInt.optional(),
  /** Images whose labels are ignored, taken from the training split after `train` and disjoint from it. */
  unlabelled: z.int().nonnegative().default(0),
  /** Held out of the labelled training images: a fraction or a count. */
  validation: countOrFraction.default(0.1),
  /** Test images to use: all of the test split, or, for a dataset without one, held out of the images. */
  test: countOrFraction.optional(),
};

export const DatasetSpecSchema = z.union(
  [
    z.strictObject({ name: z.enum(KNOWN_DATASETS), ...datasetCounts }),
    z.strictObject({
      /** A folder on the machine that trains. */
      path: z.string().min(1).max(4096),
      /** `folder`: ImageFolder layout. `idx`: the four IDX files of MNIST and its relatives. */
      format: z.enum(['folder', 'idx']).default('folder'),
      ...datasetCounts,
    }),
  ],
  { error: 'needs either "name" (a known dataset) or "path" (a folder)' },
);

const mean = z.tuple([finite, finite, finite]);
const std = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

/** What a spec says of its images. */
export const ImageSpecSchema = z.strictObject({
  /** Height and width of the network's input, pixels. */
  size: z.int().min(8).max(1024).default(224),
  /** `squash`: Resize((h, w)), the aspect ratio is not kept. `crop`: Resize(short side), centre crop. */
  resize: z.enum(['squash', 'crop']).default('squash'),
  /** Default: those that the weights were trained with, ImageNet's where they do not say or there are none. */
  mean: mean.optional(),
  std: std.optional(),
});

/** How a network's images are prepared, as it is kept with the weights. What a spec leaves out is ImageNet's. */
export const PreparationSchema = ImageSpecSchema.extend({
  mean: mean.default([0.485, 0.456, 0.406]),
  std: std.default([0.229, 0.224, 0.225]),
});

const lambda = z.number().nonnegative().max(1e6);
export const RegularizationSpecSchema = z.strictObject({
  /** `l2-sp`: the distance to the pretrained weights, not to zero (Li et al., 2018). */
  kind: z.enum(['l1', 'l2', 'l2-sp']).default('l2'),
  lambda: lambda.default(1e-4),
});

const ArmNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,62}$/i, 'must be 1 to 63 letters, digits, ".", "_" or "-", and begin with a letter');

const common = {
  name,
  project: SlugSchema.default('default'),
  dataset: DatasetSpecSchema,
  image: ImageSpecSchema.prefault({}),
  training: TrainingSpecSchema.prefault({}),
  report: ReportSpecSchema.prefault({}),
  regularization: RegularizationSpecSchema.prefault({}),
  resources: z
    .strictObject({
      accelerator: z.enum(['any', 'cpu', 'gpu']).default('any'),
      maxMinutes: z
        .number()
        .positive()
        .max(60 * 24 * 30)
        .default(60),
      /** Where TensorFlow is missing: `reduced` trains on fewer images for fewer epochs and says so; `full` takes its time. */
      onSlowEngine: z.enum(['full', 'reduced']).default('full'),
    })
    .prefault({}),
  seeds: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    )
    .min(1)
    .max(1000)
    .default([0]),
  /** Dotted path of a spec field → the values to try; the grid is their cartesian product. */
  matrix: z.record(z.string(), z.array(z.unknown()).min(1).max(1000)).default({}),
  /** Points that are drawn from distributions, at every point of the matrix. */
  random: RandomSpecSchema.optional(),
  /** The arms of a ladder, each with all of its fields; a person writes `ladder` instead (see `ladder.ts`). */
  arms: z.record(ArmNameSchema, z.record(z.string(), z.unknown())).optional(),
  /** What the runs are to show. Each is judged by a paired 95 % interval over seeds and test images. */
  claims: z.array(ClaimSpecSchema).max(100).optional(),
};

export const TransferSpecSchema = z.strictObject({
  ...common,
  pipeline: z.literal('transfer'),
  backbone: z.strictObject({
    model: z.enum(KNOWN_MODELS),
    /** A named source (`coco`), `none` (random initialisation), or the path of a file or model folder: `./w.safetensors`. */
    weights: z.string().min(1).max(4096).default('coco'),
    ...fineTuningFields,
  }),
  loss: TransferLossSpecSchema.prefault({}),
  training: TransferTrainingSpecSchema.prefault({}),
});

/** A teacher that is trained first, in a run of its own, on the student's images, split and seed. */
export const InlineTeacherSpecSchema = TransferSpecSchema.omit({
  ...{ name: true, project: true, dataset: true, report: true, resources: true, seeds: true, matrix: true },
  ...{ random: true, arms: true, claims: true },
});

/** Several teachers, whose soft labels are averaged. */
export const EnsembleSpecSchema = z
  .array(z.union([InlineTeacherSpecSchema.extend(memberWeight), ...MEMBERS], { error: TEACHER_NEEDS }))
  .min(1)
  .max(16);

export const DistillationSpecSchema = z.strictObject({
  ...common,
  pipeline: z.literal('distillation'),
  teacher: z.union([InlineTeacherSpecSchema, ...TeacherSpecSchema.options, EnsembleSpecSchema], {
    error: `${TEACHER_NEEDS}, or a list of teachers`,
  }),
  ...distillationFields,
});

export const LogisticSpecSchema = z.strictObject({
  ...common,
  pipeline: z.literal('logistic'),
  teacher: z.union([InlineTeacherSpecSchema, ...TeacherSpecSchema.options], { error: TEACHER_NEEDS }),
  ...logisticFields,
});

export const SpecSchema = z.discriminatedUnion('pipeline', [
  TransferSpecSchema,
  DistillationSpecSchema,
  LogisticSpecSchema,
]);

export type Spec = z.output<typeof SpecSchema>;
export type TransferSpec = z.output<typeof TransferSpecSchema>;
export type DistillationSpec = z.output<typeof DistillationSpecSchema>;
export type InlineTeacherSpec = z.output<typeof InlineTeacherSpecSchema>;
export type EnsembleSpec = z.output<typeof EnsembleSpecSchema>;
export type LogisticSpec = z.output<typeof LogisticSpecSchema>;
export type DatasetSpec = z.output<typeof DatasetSpecSchema>;
export type ImageSpec = z.output<typeof ImageSpecSchema>;
export type Preparation = z.output<typeof PreparationSchema>;
export type RegularizationSpec = z.output<typeof RegularizationSpecSchema>;
export type PipelineName = Spec['pipeline'];
export const PIPELINES = ['transfer', 'distillation', 'logistic'] as const;
