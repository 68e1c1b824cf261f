import { inlineTeacherOf, nearest, teachersOf, type RunState, type Spec } from '#contracts';
import { InvalidReferenceError } from './database-errors.js';
import type { Transaction } from './database.js';

export interface TeacherRun {
  id: string;
  state: RunState;
}

/**
 * The run whose model a spec's teacher names, with a lock that keeps it in its state until the commit; `undefined` where
 * the teacher is no run. `latest:NAME` is the newest run of the project's experiment of that name which is neither failed
 * nor cancelled: where it has not ended yet, the student waits for it. A registry entry is the run of its version.
 * Throws InvalidReferenceError where there is no such run, or it will never have a model.
 */
export async function resolveTeacher(
  tx: Transaction,
  project: { id: string; name: string },
  spec: Spec,
): Promise<TeacherRun | undefined> {
  const teachers = teachersOf(spec);
  // One that is trained first has its run made with the student's.
  if (teachers.length === 0 || inlineTeacherOf(spec) !== undefined) return undefined;
  const [{ teacher }] = teachers;
  if (teachers.length > 1) {
    refuseRuns(teachers);
    return undefined;
  }
  if ('registry' in teacher) return registered(tx, teacher.registry);
  if (!('run' in teacher)) return undefined;
  return teacher.run.startsWith('latest:')
    ? latest(tx, project, teacher.run.slice('latest:'.length).trim())
    : named(tx, teacher.run);
}

/** A run waits for one other at most, so the members of an ensemble are files of the machine that trains. */
function refuseRuns(members: ReturnType<typeof teachersOf>): void {
  for (const { teacher, field } of members) {
    const key = 'run' in teacher ? 'run' : 'registry' in teacher ? 'registry' : undefined;
    if (key === undefined) continue;
    const message = 'the members of an ensemble are named by "path" or by "model" with "weights" on the platform';
    throw new InvalidReferenceError(`${field}.${key}`, message);
  }
}

/** Distinguishes teachers, so that a grid of a thousand runs resolves each of them once. */
export function teacherKey(spec: Spec): string {
  return JSON.stringify(teachersOf(spec).map(({ teacher }) => teacher));
}

async function latest(tx: Transaction, project: { id: string; name: string }, name: string): Promise<TeacherRun> {
  for (;;) {
    const [candidate] = await tx.query<{ id: string }>(
      `SELECT id FROM runs
       WHERE project_id = $1 AND experiment_name = $2 AND state NOT IN ('failed', 'cancelled')
       ORDER BY created_at DESC, position LIMIT 1`,
      [project.id, name],
    );
    if (candidate === undefined) throw await noSuchExperiment(tx, project, name);
    const run = await lockTeacher(tx, candidate.id);
    // It may have failed between the two statements: then an older one is the newest.
    if (run !== undefined && isUsable(run)) return run;
  }
}

async function named(tx: Transaction, id: string): Promise<TeacherRun> {
  const run = await lockTeacher(tx, id);
  if (run === undefined) throw new InvalidReferenceError('teacher.run', `there is no run ${id}`);
  if (isUsable(run)) return run;
  const state = run.state === 'failed' ? 'has failed' : 'was cancelled';
  throw new InvalidReferenceError('teacher.run', `run ${id} ${state}: retry it first, or name another one`);
}

async function registered(tx: Transaction, reference: string): Promise<TeacherRun> {
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
    throw new InvalidReferenceError('teacher.registry', message);
  }
  return { id: row.runId, state: 'completed' };
}

async function lockTeacher(tx: Transaction, id: string): Promise<TeacherRun | undefined> {
  const [run] = await tx.query<TeacherRun>('SELECT id, state FROM runs WHERE id = $1 FOR SHARE', [id]);
  return run;
}

function isUsable(run: TeacherRun): boolean {
  return run.state !== 'failed' && run.state !== 'cancelled';
}

async function noSuchExperiment(
  tx: Transaction,
  project: { id: string; name: string },
  name: string,
): Promise<InvalidReferenceError> {
  const rows = await tx.query<{ name: string; usable: boolean }>(
    `SELECT experiment_name AS name, bool_or(state NOT IN ('failed', 'cancelled')) AS usable
     FROM runs WHERE project_id = $1 GROUP BY experiment_name LIMIT 1000`,
    [project.id],
  );
  if (rows.some((row) => row.name === name)) {
    const message = `every run of "${name}" has failed or was cancelled: retry one of them, or submit it again`;
    return new InvalidReferenceError('teacher.run', message);
  }
  const hint = nearest(
    name,
    rows.filter((row) => row.usable).map((row) => row.name),
  );
  const remedy = hint === undefined ? ': submit it first' : `; did you mean "latest:${hint}"?`;
  return new InvalidReferenceError(
    'teacher.run',
    `project "${project.name}" has no experiment named "${name}"${remedy}`,
  );
}
