import { z } from 'zod';
import { KNOWN_MODELS } from './known-models.js';

/** The part of a spec that says from whom, and by which loss, a student learns; formulas: docs/pipelines.md. */

/** `latest:NAME` (the newest completed run of the project's experiment of that name) or a run's id. */
const RunReferenceSchema = z
  .string()
  .regex(/^(latest:.{1,120}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/, {
    message: 'must be "latest:EXPERIMENT NAME" or the id of a run',
  });

const byRun = { run: RunReferenceSchema };
/** `NAME@ALIAS` or `NAME@VERSION` of the model registry. */
const byRegistry = {
  registry: z.string().regex(/^[a-z0-9][a-z0-9._-]*@[a-z0-9._-]+$/i, 'must be "NAME@ALIAS" or "NAME@VERSION"'),
};
const byWeights = { model: z.enum(KNOWN_MODELS), weights: z.string().min(1).max(4096) };
/** A model folder on the machine that trains, as `distillery train --out` writes it. */
const byPath = { path: z.string().min(1).max(4096) };

const NEEDS = 'needs one of "run", "registry", "path", or "model" with "weights"';
/** Another arm of the same ladder: its run of the same seed, which is waited for. */
const byArm = { arm: z.string().min(1).max(63) };

export const TEACHER_NEEDS = `${NEEDS}, or "pipeline" with a "backbone" to train first`;

export const TeacherSpecSchema = z.union(
  [
    z.strictObject(byRun),
    z.strictObject(byRegistry),
    z.strictObject(byWeights),
    z.strictObject(byPath),
    z.strictObject(byArm),
  ],
  { error: NEEDS },
);

/** How much a member's soft labels count in the mean, as a part of the sum of all weights. */
export const memberWeight = { weight: z.number().positive().max(1e6).default(1) };

/** What a member of an ensemble may be, beside a teacher that is trained first. */
export const MEMBERS = [
  z.strictObject({ ...byRun, ...memberWeight }),
  z.strictObject({ ...byRegistry, ...memberWeight }),
  z.strictObject({ ...byWeights, ...memberWeight }),
  z.strictObject({ ...byPath, ...memberWeight }),
  z.strictObject({ ...byArm, ...memberWeight }),
] as const;

const temperature = z.number().positive().max(100);
const weight = z.number().nonnegative().max(1e6);

/** Hinton, Vinyals & Dean (2015). */
export const KdLossSchema = z.strictObject({
  kind: z.literal('kd').default('kd'),
  temperature: temperature.default(4),
  /** Weight of T²·KL(teacher ‖ student). */
  kdWeight: weight.default(0.9),
  /** Weight of the cross-entropy with the labels; images without labels take part with soft labels alone. */
  ceWeight: weight.default(0.1),
});

/** Decoupled knowledge distillation (Zhao et al., 2022). */
export const DkdLossSchema = z.strictObject({
  kind: z.literal('dkd'),
  temperature: temperature.default(4),
  /** Weight of the target class against all others. */
  alpha: weight.default(1),
  /** Weight of the other classes among themselves. */
  beta: weight.default(8),
  /** Epochs over which the soft part rises to its full weight. */
  warmupEpochs: z.number().nonnegative().max(100_000).default(20),
  ceWeight: weight.default(1),
});

/** Distillation from a stronger teacher (Huang et al., 2022). */
export const DistLossSchema = z.strictObject({
  kind: z.literal('dist'),
  temperature: temperature.default(4),
  /** Weight of the relations between the classes of an image. */
  beta: weight.default(2),
  /** Weight of the relations between the images of a class. */
  gamma: weight.default(2),
  ceWeight: weight.default(1),
});

/** Logit standardisation (Sun et al., 2024). */
export const LogitStandardisationLossSchema = z.strictObject({
  kind: z.literal('logit-std'),
  temperature: temperature.default(2),
  kdWeight: weight.default(9),
  ceWeight: weight.default(0.1),
});

/** Stage of a network, as its architecture names it: `layer2`. */
const stage = z.string().min(1).max(64);

/** A hint from a layer of the teacher (Romero et al., 2015), beside KD. */
export const HintLossSchema = z
  .strictObject({
    kind: z.literal('hint'),
    /** Weight of the distance between the teacher's layer and what a projector makes of the student's. */
    hintWeight: weight.default(1),
    /** The student's stage whose output follows that of the teacher's `teacherLayer`. Absent: its penultimate layer. */
    studentLayer: stage.optional(),
    teacherLayer: stage.optional(),
    /** Height and width to which both maps are averaged. Absent: those of the smaller one. */
    hintSize: z.int().min(1).max(256).optional(),
    temperature: temperature.default(4),
    kdWeight: weight.default(0.9),
    ceWeight: weight.default(0.1),
  })
  .refine(({ studentLayer, teacherLayer }) => (studentLayer === undefined) === (teacherLayer === undefined), {
    message: 'needs both studentLayer and teacherLayer, or neither: a map is compared with a map',
  })
  .refine(({ teacherLayer, hintSize }) => hintSize === undefined || teacherLayer !== undefined, {
    path: ['hintSize'],
    message: 'is of the maps that studentLayer and teacherLayer name: the penultimate layer has no size',
  });

export const DistillationLossSchema = z.discriminatedUnion('kind', [
  KdLossSchema,
  DkdLossSchema,
  DistLossSchema,
  LogitStandardisationLossSchema,
  HintLossSchema,
]);

/** What a distillation's spec has beside its teacher and that which every spec has. */
export const distillationFields = {
  student: z.strictObject({ model: z.enum(KNOWN_MODELS) }),
  loss: DistillationLossSchema.prefault({}),
  /**
   * The teacher sees what the student sees: so many seeded cuts of each image, by the augmentation's crop and flip, which
   * take turns from epoch to epoch. 0: it sees each image once, as it is, whatever the student sees.
   */
  views: z.int().min(0).max(64).default(0),
};

export type TeacherSpec = z.output<typeof TeacherSpecSchema>;
export type DistillationLossSpec = z.output<typeof DistillationLossSchema>;
