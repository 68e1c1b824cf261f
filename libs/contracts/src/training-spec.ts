import { z } from 'zod';

/** The part of a spec that says how a network is trained. Every field has a default; formulas: docs/pipelines.md. */

const share = z.number().min(0).max(1);
/** Of a learning rate, momentum or running average: what is kept of the old value at each step. */
const decay = z.number().min(0).lt(1);
const learningRate = z.number().positive().max(100);
const weightDecay = z.number().nonnegative().max(1);

const everyOptimizer = {
  /** Largest Euclidean norm of all gradients together; longer ones are scaled down to it. Absent: off. */
  clipNorm: z.number().positive().optional(),
};

/** As `torch.optim.SGD`. */
export const SgdSpecSchema = z.strictObject({
  kind: z.literal('sgd').default('sgd'),
  learningRate: learningRate.default(0.001),
  momentum: decay.default(0.9),
  nesterov: z.boolean().default(false),
  /** Added to the gradient, times the weight; of weights alone, as `regularization` has it. */
  weightDecay: weightDecay.default(0),
  ...everyOptimizer,
});

/** As `torch.optim.AdamW` (Loshchilov & Hutter, 2019). */
export const AdamwSpecSchema = z.strictObject({
  kind: z.literal('adamw'),
  learningRate: learningRate.default(0.001),
  beta1: decay.default(0.9),
  beta2: decay.default(0.999),
  epsilon: z.number().positive().max(1).default(1e-8),
  /** Times the learning rate and the weight, taken from the weight. */
  weightDecay: weightDecay.default(0.01),
  ...everyOptimizer,
});

/** Layer-wise adaptive rates (You, Gitman & Ginsburg, 2017). */
export const LarsSpecSchema = z.strictObject({
  kind: z.literal('lars'),
  learningRate: learningRate.default(0.1),
  momentum: decay.default(0.9),
  /** η: a layer's step is at most about this share of its weights' norm, times the learning rate. */
  trustCoefficient: z.number().positive().max(1).default(0.001),
  weightDecay: weightDecay.default(1e-4),
  ...everyOptimizer,
});

export const OptimizerSpecSchema = z.discriminatedUnion('kind', [SgdSpecSchema, AdamwSpecSchema, LarsSpecSchema]);

const warmupEpochs = z.number().nonnegative().default(0);
export const ScheduleSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    /** After the warm-up half a cosine to zero, the same throughout, or a straight line to zero. */
    kind: z.enum(['cosine', 'constant', 'linear']).default('cosine'),
    warmupEpochs,
  }),
  z.strictObject({
    /** Times `gamma` at each milestone, as `torch.optim.lr_scheduler.MultiStepLR`. */
    kind: z.literal('step'),
    warmupEpochs,
    /** Epochs, counted from the beginning, rising; may be fractions. */
    milestones: z
      .array(z.number().positive())
      .min(1)
      .max(100)
      .refine((epochs) => epochs.every((epoch, index) => index === 0 || epoch > epochs[index - 1]), {
        message: 'must rise',
      }),
    gamma: z.number().positive().max(1).default(0.1),
  }),
]);

/** α of Beta(α, α); 0 is off. Above 100 every image would be half another. */
const alpha = z.number().nonnegative().max(100).default(0);
/** A factor is drawn from [max(0, 1 − x), 1 + x]; 0 is off. */
const jitter = z.number().nonnegative().max(10).default(0);

export const AugmentationSpecSchema = z.strictObject({
  /** Mirror each training image left-right with probability 1/2. */
  flip: z.boolean().default(true),
  /** Pad by this many pixels with zeros, then crop at random back to the size. 0: off. */
  crop: z.int().min(0).max(128).default(0),
  /** `torchvision.transforms.ColorJitter`, drawn for each image. */
  brightness: jitter,
  contrast: jitter,
  saturation: jitter,
  /** Hue is turned by a share of the circle from [−x, x]; 0 is off. */
  hue: z.number().min(0).max(0.5).default(0),
  /** Blend each image, and its label, with another's (Zhang et al., 2018): α, usually 0.2 to 1. */
  mixup: alpha,
  /** Replace a rectangle of each image by another's, and its label in proportion (Yun et al., 2019): α, usually 1. */
  cutmix: alpha,
  /** RandAugment (Cubuk et al., 2020). Absent: off. */
  randAugment: z
    .strictObject({
      /** N: how many operations each image gets, one after the other. */
      operations: z.int().min(1).max(8).default(2),
      /** M: how strong each is, 0 to 30. */
      magnitude: z.int().min(0).max(30).default(9),
    })
    .optional(),
});

export const TrainingSpecSchema = z.strictObject({
  epochs: z.int().positive().max(100_000).default(10),
  batchSize: z.int().positive().max(8192).default(64),
  optimizer: OptimizerSpecSchema.prefault({}),
  schedule: ScheduleSpecSchema.prefault({}),
  /** Keep an exponential moving average of the weights with this decay, such as 0.999, in place of the last ones. */
  averageDecay: z.number().positive().lt(1).optional(),
  /** `auto`: bfloat16 where the machine gains from it. Weights, statistics and losses are float32 in any case. */
  precision: z.enum(['auto', 'float32', 'bfloat16']).default('auto'),
  /** Share of the features before the classifier that is dropped at random in training. */
  dropout: share.lt(1).default(0),
  /** Which epoch's weights: the last one's, or those of the highest validation top-1 (of equals the lower loss). */
  keep: z.enum(['last', 'best']).default('last'),
  /** The training ends after so many epochs in a row without a better one on validation. Absent: it takes them all. */
  patience: z.int().positive().max(100_000).optional(),
  augmentation: AugmentationSpecSchema.prefault({}),
});

export type OptimizerSpec = z.output<typeof OptimizerSpecSchema>;
export type ScheduleSpec = z.output<typeof ScheduleSpecSchema>;
export type AugmentationSpec = z.output<typeof AugmentationSpecSchema>;
export type TrainingSpec = z.output<typeof TrainingSpecSchema>;
