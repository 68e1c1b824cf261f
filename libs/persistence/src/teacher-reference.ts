import { nearest, teachersOf, type NamedTeacher, type RunState, type Spec } from '#contracts';
import { InvalidReferenceError } from './database-errors.js';
import type { Transaction } from './database.js';
import { teacherClassMistake } from './teacher-classes.js';

export interface TeacherRun {
  id: string;
  /** Place among the teachers of the student's spec, from 0. */
  member: number;
  state: RunState;
}

type FoundRun = Omit<TeacherRun, 'member'>;

/**
 * The runs whose models a spec's teachers name, each with a lock that keeps it in its state until the commit; teachers that
 * are files, weights, or trained first are left out. `latest:NAME` is the newest run of the project's experiment of that
 * name which is neither failed nor cancelled: where it has not ended yet, the student waits for it. A registry entry is the
 * run of its version.
 * Throws InvalidReferenceError where there is no such run, it will never have a model, or it is known to have other classes
 * than the student's dataset.
 */
export async function resolveTeachers(
  tx: Transaction,
  project: { id: string; name: string },
  spec: Spec,
): Promise<TeacherRun[]> {
  const found: TeacherRun[] = [];
  for (const [member, named] of teachersOf(spec).entries()) {
    const field = runField(named);
    const run = await resolveTeacher(tx, project, named, field);
    if (run === undefined) continue;
    const mistake = await teacherClassMistake(tx, spec, run.id);
    if (mistake !== undefined) throw new InvalidReferenceError(field, mistake);
    found.push({ ...run, member });
  }
  return found;
}

/** The spec's field that names the run of a teacher. */
export function runField({ teacher, field }: NamedTeacher): string {
  const key = (['run', 'registry'] as const).find((each) => each in teacher);
  return key === undefined ? field : `${field}.${key}`;
}

async function resolveTeacher(
  tx: Transaction,
  project: { id: string; name: string },
  { teacher }: NamedTeacher,
  field: string,
): Promise<FoundRun | undefined> {
  if ('registry' in teacher) return registered(tx, teacher.registry, field);
  if (!('run' in teacher)) return undefined;
  return teacher.run.startsWith('latest:')
    ? latest(tx, project, teacher.run.slice('latest:'.length).trim(), field)
    : named(tx, teacher.run, field);
}

/** Distinguishes what teachers are looked up by, so that a grid of a thousand runs looks up each of them once. */
export function teacherKey(spec: Spec): string {
  return JSON.stringify([teachersOf(spec), spec.pipeline, spec.dataset]);
}

async function latest(
  tx: Transaction,
  project: { id: string; name: string },
  name: string,
  field: string,
): Promise<FoundRun> {
  for (;;) {
    const [candidate] = await tx.query<{ id: string }>(
      `SELECT id FROM runs
       WHERE project_id = $1 AND experiment_name = $2 AND state NOT IN ('failed', 'cancelled')
       ORDER BY created_at DESC, position LIMIT 1`,
      [project.id, name],
    );
    if (candidate === undefined) throw await noSuchExperiment(tx, project, name, field);
    const run = await lockTeacher(tx, candidate.id);
    // It may have failed between the two statements: then an older one is the newest.
    if (run !== undefined && isUsable(run)) return run;
  }
}

async function named(tx: Transaction, id: string, field: string): Promise<FoundRun> {
  const run = await lockTeacher(tx, id);
  if (run === undefined) throw new InvalidReferenceError(field, `there is no run ${id}`);
  if (isUsable(run)) return run;
  const state = run.state === 'failed' ? 'has failed' : 'was cancelled';
  throw new InvalidReferenceError(field, `run ${id} ${state}: retry it first, or name another one`);
}

async function registered(tx: Transaction, reference: string, field: string): Promise<FoundRun> {
  const at = reference.lastIndexOf('@');
  const [name, version] = [reference.slice(0, at), reference.slice(at + 1)];
  const [row] = await tx.query<{ runId: string }>(
    `SELECT v.run_id AS "runId" FROM models m JOIN model_versions v ON v.model_id = m.id
     LEFT JOIN model_aliases a ON a.model_id = m.id AND a.version = v.version AND a.alias = $2
     WHERE m.name = $1 AND (a.alias IS NOT NULL OR v.version::text = $2)`,
    [name, version],
  );
  if (row === undefined) {
    const message = `the model registry has no ${reference}: see GET /api/v1/models for what there is`;
    throw new InvalidReferenceError(field, message);
  }
  return { id: row.runId, state: 'completed' };
}

async function lockTeacher(tx: Transaction, id: string): Promise<FoundRun | undefined> {
  const [run] = await tx.query<FoundRun>('SELECT id, state FROM runs WHERE id = $1 FOR SHARE', [id]);
  return run;
}

function isUsable(run: FoundRun): boolean {
  return run.state !== 'failed' && run.state !== 'cancelled';
}

async function noSuchExperiment(
  tx: Transaction,
  project: { id: string; name: string },
  name: string,
  field: string,
): Promise<InvalidReferenceError> {
  const rows = await tx.query<{ name: string; usable: boolean }>(
    `SELECT experiment_name AS name, bool_or(state NOT IN ('failed', 'cancelled')) AS usable
     FROM runs WHERE project_id = $1 GROUP BY experiment_name LIMIT 1000`,
    [project.id],
  );
  if (rows.some((row) => row.name === name)) {
    const message = `every run of "${name}" has failed or was cancelled: retry one of them, or submit it again`;
    return new InvalidReferenceError(field, message);
  }
  const hint = nearest(
    name,
    rows.filter((row) => row.usable).map((row) => row.name),
  );
  const remedy = hint === undefined ? ': submit it first' : `; did you mean "latest:${hint}"?`;
  return new InvalidReferenceError(field, `project "${project.name}" has no experiment named "${name}"${remedy}`);
}
