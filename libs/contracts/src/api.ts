import { z } from 'zod';
import { RunStateSchema } from './run-state.js';
import { ArtifactKindSchema, FailureSchema, LogLevelSchema, ProgressSchema } from './trainer-protocol.js';
import { SlugSchema, SpecSchema } from './spec.js';

/**
 * Bodies of the HTTP API (v1, below /api/v1). Times are ISO 8601 strings in UTC, durations milliseconds.
 */
const id = z.uuid();
const time = z.iso.datetime();

/** RFC 9457 problem document; `errors` lists every failing field. Media type application/problem+json. */
export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string(), line: z.int().optional(), column: z.int().optional() }))
    .optional(),
});
export type Problem = z.infer<typeof ProblemSchema>;

/** A page of a listing, newest first; `next` is the opaque cursor of the page that follows. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
export interface Page<T> {
  items: T[];
  next: string | null;
}
/** A listing that is never long and comes whole: attempts, artifacts, metric series, schedules, workers, models. */
export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** What a run waits for, in words and ids. */
export const RunSchema = z.object({
  id,
  experimentId: id,
  experimentName: z.string(),
  project: z.string(),
  pipeline: z.enum(['transfer', 'distillation', 'logistic']),
  dataset: z.string(),
  model: z.string(),
  seed: z.int(),
  point: z.record(z.string(), z.unknown()),
  state: RunStateSchema,
  /** Number of the newest attempt; 0 before the first. */
  attempt: z.int(),
  /** The run that this one waits for or used as its teacher; of several the first. */
  teacherRunId: id.nullable(),
  /** All of them, in the order of the spec's teachers. */
  teacherRunIds: z.array(id),
  progress: ProgressSchema.nullable(),
  /** Newest value of every metric key. */
  metrics: z.record(z.string(), z.number()),
  /** Test accuracy where the run has completed, else the best validation accuracy so far; 0 to 1. */
  bestMetric: z.object({ key: z.string(), value: z.number() }).nullable(),
  failure: FailureSchema.nullable(),
  cancelRequested: z.boolean(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  /** From the first start to the end, or to now. */
  durationMs: z.number().nullable(),
  worker: z.string().nullable(),
});
export type Run = z.infer<typeof RunSchema>;

export const RunDetailSchema = RunSchema.extend({ spec: SpecSchema });
export type RunDetail = z.infer<typeof RunDetailSchema>;

export const RUN_SORTS = ['createdAt', 'experimentName', 'state', 'durationMs', 'bestMetric'] as const;
export const ListRunsQuerySchema = z.strictObject({
  state: z.union([RunStateSchema, z.array(RunStateSchema)]).optional(),
  pipeline: z.enum(['transfer', 'distillation', 'logistic']).optional(),
  project: z.string().optional(),
  experiment: z.string().optional(),
  /** Substring of the experiment's name, case-insensitive. */
  search: z.string().max(200).optional(),
  sort: z.enum(RUN_SORTS).default('createdAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(1000).optional(),
});
export type ListRunsQuery = z.output<typeof ListRunsQuerySchema>;

export const ExperimentSchema = z.object({
  id,
  name: z.string(),
  project: z.string(),
  spec: SpecSchema,
  createdAt: time,
  scheduleId: id.nullable(),
  runs: z.array(z.object({ id, seed: z.int(), point: z.record(z.string(), z.unknown()), state: RunStateSchema })),
});
export type Experiment = z.infer<typeof ExperimentSchema>;

export const AttemptSchema = z.object({
  number: z.int(),
  worker: z.string(),
  startedAt: time,
  finishedAt: time.nullable(),
  outcome: z.enum(['running', 'completed', 'failed', 'cancelled', 'lost', 'drained']),
  failure: FailureSchema.nullable(),
  engine: z.object({ backend: z.string(), version: z.string(), reason: z.string(), threads: z.int() }).nullable(),
});
export type Attempt = z.infer<typeof AttemptSchema>;

/** One curve: `steps[i]` ↔ `values[i]`, ascending, thinned to at most `maxPoints`, the last point always kept. */
export const MetricSeriesSchema = z.object({
  key: z.string(),
  steps: z.array(z.int()),
  values: z.array(z.number()),
  /** Milliseconds since the epoch. */
  times: z.array(z.number()),
});
export type MetricSeries = z.infer<typeof MetricSeriesSchema>;

export const LogLineSchema = z.object({
  seq: z.int(),
  attempt: z.int(),
  at: time,
  level: LogLevelSchema,
  message: z.string(),
});
export type LogLine = z.infer<typeof LogLineSchema>;
/** `GET runs/:id/logs?after=&limit=`: ascending by `seq`; `next` is the `after` of the lines that follow, null at the end. */
export const LogPageSchema = pageOf(LogLineSchema);

export const ArtifactSchema = z.object({
  name: z.string(),
  kind: ArtifactKindSchema,
  sha256: z.string(),
  /** Bytes. */
  size: z.number(),
  attempt: z.int(),
  createdAt: time,
  /** Path of the download below the API's origin. */
  href: z.string(),
});
export type Artifact = z.infer<typeof ArtifactSchema>;

export const OVERLAP_POLICIES = ['skip', 'allow', 'cancel-previous'] as const;
export const ScheduleBodySchema = z.strictObject({
  name: z.string().trim().min(1, 'must not be empty: say what the schedule is for').max(120),
  /** Five fields (minute hour day month weekday) or a macro such as `@daily`. */
  cron: z.string().trim().max(200),
  /** IANA zone, such as `Europe/Berlin`. */
  timeZone: z.string().trim().max(64).default('UTC'),
  /** What happens when a run of the last firing has not ended at a due time. */
  overlap: z.enum(OVERLAP_POLICIES).default('skip'),
  paused: z.boolean().default(false),
  spec: z.unknown(),
});
export type ScheduleBody = z.output<typeof ScheduleBodySchema>;

export const ScheduleSchema = z.object({
  id,
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  overlap: z.enum(OVERLAP_POLICIES),
  paused: z.boolean(),
  spec: SpecSchema,
  /** The due times that follow; empty while paused. */
  nextTimes: z.array(time),
  lastFiredAt: time.nullable(),
  lastExperimentId: id.nullable(),
  createdAt: time,
});
export type Schedule = z.infer<typeof ScheduleSchema>;

/** `GET schedules/:id/firings?limit=&cursor=`: what became of each due time, newest first. */
export const FIRING_OUTCOMES = ['submitted', 'skipped', 'failed'] as const;
export const ScheduleFiringSchema = z.object({
  dueAt: time,
  firedAt: time,
  outcome: z.enum(FIRING_OUTCOMES),
  experimentId: id.nullable(),
  /** Why it was skipped or failed, how late it was, how many times were left out. */
  note: z.string().nullable(),
});
export type ScheduleFiring = z.infer<typeof ScheduleFiringSchema>;

export const WorkerSchema = z.object({
  id,
  name: z.string(),
  slots: z.int(),
  busy: z.int(),
  accelerator: z.enum(['cpu', 'gpu']),
  startedAt: time,
  lastSeenAt: time,
  alive: z.boolean(),
});
export type WorkerView = z.infer<typeof WorkerSchema>;

export const ModelVersionSchema = z.object({
  name: z.string(),
  version: z.int(),
  aliases: z.array(z.string()),
  runId: id,
  createdAt: time,
});
export type ModelVersion = z.infer<typeof ModelVersionSchema>;

/**
 * Server-sent events of `GET /api/v1/events[?run=ID]`. The event's id is an opaque cursor: sent back as
 * Last-Event-ID, it resumes without loss.
 */
export const PlatformEventSchema = z.discriminatedUnion('type', [
  /** Anything of the run's row changed; carries the row as `GET runs/:id` lists it. */
  z.object({ type: z.literal('run'), run: RunSchema }),
  z.object({
    type: z.literal('metrics'),
    runId: id,
    points: z.array(z.object({ key: z.string(), step: z.int(), value: z.number(), at: z.number() })),
  }),
  z.object({ type: z.literal('logs'), runId: id, lines: z.array(LogLineSchema) }),
  z.object({ type: z.literal('artifacts'), runId: id }),
  z.object({ type: z.literal('schedules') }),
  z.object({ type: z.literal('workers') }),
  /** The cursor is too old to resume from: refetch everything. */
  z.object({ type: z.literal('reset') }),
]);
export type PlatformEvent = z.infer<typeof PlatformEventSchema>;

/** `GET session`: whether this API asks for a token, and whether this browser's cookie (or bearer token) is accepted. */
export const SessionSchema = z.object({ required: z.boolean(), authenticated: z.boolean() });
export type Session = z.infer<typeof SessionSchema>;
/** `POST session`: signs a browser in by cookie. `DELETE session` signs it out. */
export const SessionBodySchema = z.strictObject({ token: z.string().min(1).max(1000) });

/** `POST runs/bulk`: each run is answered for itself. */
export const BulkBodySchema = z.strictObject({
  action: z.enum(['cancel', 'retry']),
  runs: z.array(id).min(1).max(500),
});
export const BulkResultSchema = z.object({
  items: z.array(z.object({ id, ok: z.boolean(), message: z.string().optional() })),
});
export type BulkResult = z.infer<typeof BulkResultSchema>;

/** `GET compare?runs=ID,ID`: the runs in the order asked for; `values[i]` is that of `runs[i]`, null where it has none. */
export const ComparisonSchema = z.object({
  runs: z.array(RunDetailSchema),
  differences: z.array(z.object({ path: z.string(), values: z.array(z.unknown()) })),
});
export type Comparison = z.infer<typeof ComparisonSchema>;

/** A dataset that a spec can name. */
export const DatasetViewSchema = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  classes: z.array(z.string()),
  /** Images of the split. */
  train: z.int(),
  test: z.int(),
  /** Pixels. */
  width: z.int(),
  height: z.int(),
  channels: z.int(),
});
export type DatasetView = z.infer<typeof DatasetViewSchema>;

/** `POST models`: the model of a completed run becomes the next version of this name. */
export const ModelVersionBodySchema = z.strictObject({ name: SlugSchema, runId: id });
/** `PUT models/:name/aliases/:alias`. */
export const AliasBodySchema = z.strictObject({ version: z.int().positive() });

export const TeamSchema = z.object({ id, name: z.string(), createdAt: time });
export type Team = z.infer<typeof TeamSchema>;
export const TeamBodySchema = z.strictObject({ name: SlugSchema });
export const ProjectSchema = z.object({ id, name: z.string(), team: z.string(), createdAt: time });
export type Project = z.infer<typeof ProjectSchema>;
export const ProjectBodySchema = z.strictObject({ name: SlugSchema, team: z.string().default('default') });

export const QueueSchema = z.object({ name: z.string(), waiting: z.int(), active: z.int(), delayed: z.int() });
export type QueueView = z.infer<typeof QueueSchema>;

/** `GET /health/live|ready`. */
export const HealthSchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.enum(['ok', 'unavailable'])),
});
export type Health = z.infer<typeof HealthSchema>;
