import { inlineTeacherOf, type RunPlan, type TransferSpec } from '#contracts';
import type { Transaction } from './database.js';
import { insertRuns } from './insert-runs.js';
import { jsonb } from './json-value.js';
import type { TeacherRun } from './teacher-reference.js';
import { timeOrderedId } from './time-ordered-id.js';

/**
 * Submits the teachers that specs describe in place, as an experiment of its own ("NAME teacher") with a run for each that
 * is different: students that differ in their loss alone share one, those of another seed or dataset have another.
 * @returns of each plan with such a teacher, the run that it waits for
 */
export async function submitInlineTeachers(
  tx: Transaction,
  projectId: string,
  plans: readonly RunPlan[],
  scheduleId?: string,
): Promise<Map<RunPlan, TeacherRun>> {
  const teachers = new Map<string, { plan: RunPlan; students: RunPlan[] }>();
  for (const student of plans) {
    const spec = inlineTeacherOf(student.spec);
    if (spec === undefined) continue;
    const key = JSON.stringify(spec);
    const teacher = teachers.get(key) ?? { plan: planOf(student, spec), students: [] };
    teacher.students.push(student);
    teachers.set(key, teacher);
  }
  const found = new Map<RunPlan, TeacherRun>();
  if (teachers.size === 0) return found;
  const distinct = [...teachers.values()];
  const [{ plan: first }] = distinct;
  const spec = { ...first.spec, seeds: [...new Set(distinct.map(({ plan }) => plan.seed))] };
  // After the students' experiment, so that a list shows the two in the order in which they were asked for.
  const id = timeOrderedId(Date.now(), 1);
  await tx.query(
    `INSERT INTO experiments (id, project_id, name, pipeline, spec, schedule_id) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, projectId, spec.name, spec.pipeline, jsonb(spec), scheduleId ?? null],
  );
  const runs = distinct.map(({ plan }) => ({ plan, teacher: undefined }));
  const ids = await insertRuns(tx, { id, projectId, name: spec.name }, runs);
  distinct.forEach(({ students }, index) => {
    for (const student of students) found.set(student, { id: ids[index], state: 'queued' });
  });
  return found;
}

/** The teacher's part of its student's matrix point: its own fields, and the dataset's. */
function planOf({ seed, point }: RunPlan, spec: TransferSpec): RunPlan {
  const own = Object.entries(point).flatMap(([path, value]) => {
    if (path.startsWith('teacher.')) return [[path.slice('teacher.'.length), value] as const];
    return path === 'dataset' || path.startsWith('dataset.') ? [[path, value] as const] : [];
  });
  return { seed, point: Object.fromEntries(own), spec };
}
