import { inlineTeachersOf, MAX_RUNS_PER_EXPERIMENT, type InlineTeacher, type RunPlan } from '#contracts';
import { InvalidReferenceError } from './database-errors.js';
import type { Transaction } from './database.js';
import { insertRuns } from './insert-runs.js';
import { jsonb } from './json-value.js';
import type { TeacherRun } from './teacher-reference.js';
import { timeOrderedId } from './time-ordered-id.js';

/** A teacher that is trained first, and the students that learn from it: as which member of their teachers. */
export interface PlannedTeacher {
  plan: RunPlan;
  students: { student: RunPlan; member: number }[];
}

/**
 * The teachers that specs describe in place, each that is different once: students that differ in their loss alone share
 * one, those of another seed or dataset have another.
 * Throws InvalidReferenceError where they are more than the runs of an experiment.
 */
export function planInlineTeachers(plans: readonly RunPlan[]): PlannedTeacher[] {
  const teachers = new Map<string, PlannedTeacher>();
  for (const student of plans) {
    for (const described of inlineTeachersOf(student.spec)) {
      const key = JSON.stringify(described.spec);
      const teacher = teachers.get(key) ?? { plan: planOf(student, described), students: [] };
      teacher.students.push({ student, member: described.member });
      teachers.set(key, teacher);
    }
  }
  if (teachers.size > MAX_RUNS_PER_EXPERIMENT) {
    const message = `makes ${teachers.size} runs that are trained first, more than the ${MAX_RUNS_PER_EXPERIMENT} of one experiment`;
    throw new InvalidReferenceError('teacher', message);
  }
  return [...teachers.values()];
}

/**
 * Submits the teachers as an experiment of its own, "NAME teacher", with a run for each.
 * @returns of each student, the runs that it waits for
 */
export async function submitInlineTeachers(
  tx: Transaction,
  projectId: string,
  teachers: readonly PlannedTeacher[],
  scheduleId?: string,
): Promise<Map<RunPlan, TeacherRun[]>> {
  const found = new Map<RunPlan, TeacherRun[]>();
  if (teachers.length === 0) return found;
  const [{ plan: first }] = teachers;
  const spec = { ...first.spec, seeds: [...new Set(teachers.map(({ plan }) => plan.seed))] };
  // After the students' experiment, so that a list shows the two in the order in which they were asked for.
  const id = timeOrderedId(Date.now(), 1);
  await tx.query(
    `INSERT INTO experiments (id, project_id, name, pipeline, spec, schedule_id) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, projectId, spec.name, spec.pipeline, jsonb(spec), scheduleId ?? null],
  );
  const runs = teachers.map(({ plan }) => ({ plan, teachers: [] }));
  const ids = await insertRuns(tx, { id, projectId, name: spec.name }, runs);
  teachers.forEach(({ students }, index) => {
    for (const { student, member } of students) {
      found.set(student, [...(found.get(student) ?? []), { id: ids[index], member, state: 'queued' }]);
    }
  });
  return found;
}

/** The teacher's part of its student's matrix point: its own fields, the dataset's, and which of several teachers it is. */
function planOf({ seed, point, spec: student }: RunPlan, { member, spec }: InlineTeacher): RunPlan {
  const own = Object.entries(point).flatMap(([path, value]) => {
    if (path.startsWith('teacher.')) return [[path.slice('teacher.'.length), value] as const];
    return path === 'teacher' || path === 'dataset' || path.startsWith('dataset.') ? [[path, value] as const] : [];
  });
  const isMember = 'teacher' in student && Array.isArray(student.teacher);
  return { seed, point: Object.fromEntries(isMember ? [...own, ['member', member]] : own), spec, teachers: [] };
}
