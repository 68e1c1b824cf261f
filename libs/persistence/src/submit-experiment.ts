import { createHash } from 'node:crypto';
import { expandRuns, type RunPlan, type Spec } from '#contracts';
import { ConflictError, InvalidReferenceError } from './database-errors.js';
import type { Transaction } from './database.js';
import { jsonb } from './json-value.js';
import { planInlineTeachers, submitInlineTeachers } from './inline-teachers.js';
import { insertRuns } from './insert-runs.js';
import { projectId } from './project-store.js';
import { resolveTeachers, teacherKey, type TeacherRun } from './teacher-reference.js';
import { timeOrderedId } from './time-ordered-id.js';

export interface Submission {
  spec: Spec;
  /** The same key in the same project submits once. */
  idempotencyKey?: string;
  /** The schedule that submits. */
  scheduleId?: string;
}

/**
 * Writes the experiment, its runs and, for those that wait for no other run, their publication. All that may be refused
 * is checked before the first row is written, so a caller may go on in the same transaction after a refusal.
 * Throws InvalidReferenceError for a project or teacher that is not there, ConflictError for a key used for another spec.
 */
export async function submitExperiment(
  tx: Transaction,
  { spec, idempotencyKey, scheduleId }: Submission,
): Promise<{ id: string; created: boolean }> {
  const { plans, issues } = expandRuns(spec);
  if (issues.length > 0) throw new InvalidReferenceError(issues[0].path, issues[0].message);
  const project = { id: await projectId(tx, spec.project), name: spec.project };
  const fingerprint = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
  if (idempotencyKey !== undefined) {
    const earlier = await submittedWith(tx, project.id, idempotencyKey, fingerprint);
    if (earlier !== undefined) return { id: earlier, created: false };
  }
  const teachers = new Map<string, TeacherRun[]>();
  for (const plan of plans) {
    const key = teacherKey(plan.spec);
    if (!teachers.has(key)) teachers.set(key, await namingField(plan, () => resolveTeachers(tx, project, plan.spec)));
  }
  const described = planInlineTeachers(plans);
  const id = timeOrderedId(Date.now(), 0);
  const inserted = await tx.query(
    `INSERT INTO experiments
       (id, project_id, name, pipeline, spec, idempotency_key, idempotency_fingerprint, schedule_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (project_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
     RETURNING id`,
    [
      id,
      project.id,
      spec.name,
      spec.pipeline,
      jsonb(spec),
      idempotencyKey ?? null,
      idempotencyKey === undefined ? null : fingerprint,
      scheduleId ?? null,
    ],
  );
  if (inserted.length === 0 && idempotencyKey !== undefined) {
    // The same key was submitted at the same moment, and the other one was first; the conflict waited for its commit.
    const winner = await submittedWith(tx, project.id, idempotencyKey, fingerprint);
    if (winner !== undefined) return { id: winner, created: false };
  }
  const inline = await submitInlineTeachers(tx, project.id, described, scheduleId);
  const teachersOf = (plan: RunPlan) => [...(inline.get(plan) ?? []), ...(teachers.get(teacherKey(plan.spec)) ?? [])];
  const experiment = { id, projectId: project.id, name: spec.name };
  await insertRuns(
    tx,
    experiment,
    plans.map((plan) => ({ plan, teachers: teachersOf(plan) })),
  );
  return { id, created: true };
}

/** A refusal of a run's field as one of what a person wrote: the entry of the matrix, or the arm, that says it. */
async function namingField<T>({ point }: RunPlan, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    const { field, message } = error;
    const key = Object.keys(point).find((path) => field === path || field.startsWith(`${path}.`));
    if (key !== undefined) throw new InvalidReferenceError(`matrix.${key}`, `${field}: ${message}`);
    if (typeof point.arm === 'string') throw new InvalidReferenceError(`ladder.${point.arm}.${field}`, message);
    throw error;
  }
}

async function submittedWith(
  tx: Transaction,
  project: string,
  key: string,
  fingerprint: string,
): Promise<string | undefined> {
  const [earlier] = await tx.query<{ id: string; fingerprint: string }>(
    `SELECT id, idempotency_fingerprint AS fingerprint FROM experiments
     WHERE project_id = $1 AND idempotency_key = $2`,
    [project, key],
  );
  if (earlier !== undefined && earlier.fingerprint !== fingerprint) {
    throw new ConflictError(`the Idempotency-Key "${key}" was used for another spec: send a new key with a new spec`);
  }
  return earlier?.id;
}
