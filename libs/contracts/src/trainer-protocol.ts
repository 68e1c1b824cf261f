import { z } from 'zod';
import { SpecSchema } from './spec.js';
import { ReportSchema } from './report.js';
import { WeightsMessageSchema, WeightsReportSchema } from './weights-report.js';

/**
 * What crosses the process boundary between a worker (or the CLI) and a trainer, over Node's IPC channel.
 * The parent sends one `start`, then perhaps answers and `cancel`; the trainer sends events and exits.
 */

/** A teacher resolved by the parent: a model folder on this machine (see `model-folder.ts` in libs/pipelines). */
export const ResolvedTeacherSchema = z.object({ folder: z.string(), runId: z.string().optional() });

export const StartMessageSchema = z.object({
  type: z.literal('start'),
  /** The spec of this run: seeds and matrix are already applied. */
  spec: SpecSchema,
  seed: z.int(),
  /** Existing folder that this attempt owns. Artifacts are written below it and reported by relative path. */
  folder: z.string(),
  /** Cache shared by the attempts of this machine: datasets, weights, teacher outputs. */
  cacheFolder: z.string(),
  /** Folder or URL that stands in for the places where pretrained weights are published. */
  weightsMirror: z.string().optional(),
  /** Threads that the engine may use; 0: decide by the machine. */
  threads: z.int().nonnegative(),
  engine: z.enum(['auto', 'tensorflow', 'wasm', 'cpu']).default('auto'),
  teacher: ResolvedTeacherSchema.optional(),
  /** Of an ensemble, in the spec's order; null for a member that the trainer finds by itself. */
  ensemble: z.array(ResolvedTeacherSchema.nullable()).optional(),
  /**
   * What the teacher says is kept with the run as well, for students on other machines, and the parent is asked for the
   * lease on it before it is computed (`output-lease`).
   */
  shareOutputs: z.boolean().optional(),
  /** Checkpoint file of an earlier attempt to continue from. */
  checkpoint: z.string().optional(),
});
export type StartMessage = z.infer<typeof StartMessageSchema>;

export const PredictMessageSchema = z.object({
  type: z.literal('predict'),
  /** Model folder. */
  folder: z.string(),
  images: z.array(z.string()).min(1),
  topK: z.int().positive().default(5),
  threads: z.int().nonnegative(),
  engine: z.enum(['auto', 'tensorflow', 'wasm', 'cpu']).default('auto'),
});
export type PredictMessage = z.infer<typeof PredictMessageSchema>;

/** Where outputs are kept (`libs/teacher-outputs`). */
const OutputAddressSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The worker's answer to an `output-lease`. Rows that runs elsewhere have shared by now lie in this machine's cache when it
 * comes.
 */
export const OutputLeaseAnswerSchema = z.object({
  type: z.literal('output-lease'),
  /** That of the event that is answered. */
  request: z.int(),
  /** `unavailable`: nobody could be asked. A lease saves double work and guards nothing, so the trainer then computes. */
  state: z.enum(['held', 'elsewhere', 'unavailable']),
  /** Who has it, where that is somebody else. */
  holder: z.object({ runId: z.string(), worker: z.string() }).optional(),
  /** Files that were brought to this machine's cache just now. */
  brought: z.int().nonnegative(),
});
export type OutputLeaseAnswer = z.infer<typeof OutputLeaseAnswerSchema>;

export const ParentMessageSchema = z.discriminatedUnion('type', [
  StartMessageSchema,
  PredictMessageSchema,
  WeightsMessageSchema,
  OutputLeaseAnswerSchema,
  z.object({ type: z.literal('cancel'), reason: z.string() }),
]);
export type ParentMessage = z.infer<typeof ParentMessageSchema>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const LogLevelSchema = z.enum(LOG_LEVELS);
export type LogLevel = z.infer<typeof LogLevelSchema>;

export const ProgressSchema = z.object({
  /** What is being done, in words: "features", "train", "test". */
  phase: z.string(),
  /** Work done and work in all, in the phase's own unit (steps, images); the whole run's fraction is `fraction`. */
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  epoch: z.int().nonnegative().optional(),
  epochs: z.int().positive().optional(),
  /** 0 to 1 over the whole run. */
  fraction: z.number().min(0).max(1),
  /** Milliseconds that the rest is expected to take. */
  etaMs: z.number().nonnegative().optional(),
  imagesPerSecond: z.number().nonnegative().optional(),
});
export type Progress = z.infer<typeof ProgressSchema>;

export const ARTIFACT_KINDS = ['checkpoint', 'model', 'report', 'predictions', 'log', 'other'] as const;
export const ArtifactKindSchema = z.enum(ARTIFACT_KINDS);
export type ArtifactKind = z.infer<typeof ArtifactKindSchema>;

/**
 * Name of an artifact, and its path below the attempt's folder: `report.json`, `model/weights.safetensors`. Parts of
 * letters, digits, `.`, `_` and `-` that do not begin with a dot, so no name can leave its folder on any system.
 */
export const ArtifactNameSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/, {
    message: 'must be parts of letters, digits, ".", "_" and "-" joined by "/", none beginning with a dot',
  });

export const PredictionSchema = z.object({
  image: z.string(),
  classes: z.array(z.object({ name: z.string(), probability: z.number() })),
  error: z.string().optional(),
});
export type Prediction = z.infer<typeof PredictionSchema>;

/** Whose fault a failure is decides whether it is retried: never, with backoff, once. */
export const FAILURE_CLASSES = ['user', 'operational', 'bug'] as const;
export const FailureSchema = z.object({
  class: z.enum(FAILURE_CLASSES),
  message: z.string(),
  /** What to do next, in words. */
  remedy: z.string().optional(),
  /** The spec's field that is at fault, dotted. */
  field: z.string().optional(),
  stack: z.string().optional(),
});
export type Failure = z.infer<typeof FailureSchema>;

export const TrainerEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    engine: z.object({ backend: z.string(), version: z.string(), reason: z.string(), threads: z.int() }),
  }),
  z.object({ type: z.literal('log'), level: LogLevelSchema, message: z.string(), at: z.number() }),
  /** `step` counts optimizer steps from 0 over the whole run; keys such as `train.loss`, `validation.top1`. */
  z.object({
    type: z.literal('metrics'),
    step: z.int().nonnegative(),
    values: z.record(z.string(), z.number()),
    at: z.number(),
  }),
  z.object({ type: z.literal('progress'), progress: ProgressSchema }),
  /** A finished file below the attempt's folder. The same name again replaces the earlier one. */
  z.object({
    type: z.literal('artifact'),
    kind: ArtifactKindSchema,
    name: ArtifactNameSchema,
    path: ArtifactNameSchema,
    /** The file's modification time, ms: tells it from one that has replaced it by the time the parent looks. */
    modifiedAt: z.number().optional(),
  }),
  z.object({ type: z.literal('prediction'), prediction: PredictionSchema }),
  z.object({ type: z.literal('weights'), report: WeightsReportSchema }),
  /** Asks for the lease on a teacher's outputs; one that is held already is held on. Answered. */
  z.object({ type: z.literal('output-lease'), request: z.int(), address: OutputAddressSchema }),
  /** Gives it back. Files that were announced before are with the platform by the time that somebody else gets it. */
  z.object({ type: z.literal('output-release'), address: OutputAddressSchema }),
  z.object({ type: z.literal('completed'), report: ReportSchema.optional() }),
  z.object({ type: z.literal('cancelled') }),
  z.object({ type: z.literal('failed'), failure: FailureSchema }),
]);
export type TrainerEvent = z.infer<typeof TrainerEventSchema>;
