import type { TeacherSpec } from './distillation-spec.js';
import type { InlineTeacherSpec, Spec, TransferSpec } from './spec.js';

export interface NamedTeacher {
  teacher: TeacherSpec | InlineTeacherSpec;
  /** The spec's field that holds it: `teacher`, or of an ensemble `teacher.0`. */
  field: string;
}

/** The teachers that a spec names: none, one, or the members of its ensemble in their order. */
export function teachersOf(spec: Spec): NamedTeacher[] {
  if (spec.pipeline === 'transfer') return [];
  const { teacher } = spec;
  if (!Array.isArray(teacher)) return [{ teacher, field: 'teacher' }];
  return teacher.map(({ weight: _weight, ...member }, index) => ({
    teacher: member as TeacherSpec | InlineTeacherSpec,
    field: `teacher.${index}`,
  }));
}

/** A teacher that a spec describes in place, to be trained first. */
export interface InlineTeacher {
  /** Its place among the spec's teachers, from 0. */
  member: number;
  /** What trains it. */
  spec: TransferSpec;
}

/** An experiment's name has at most so many characters. */
const MOST_CHARACTERS = 120;
const SUFFIX = ' teacher';

/**
 * The teachers of a spec that are described in place, each with the spec of the run that trains it. It has the dataset and
 * the seeds of its students: which images are held out depends on both, and a teacher must not have learnt what its student
 * is tested on.
 */
export function inlineTeachersOf(student: Spec): InlineTeacher[] {
  const { name, project, dataset, report, resources, seeds } = student;
  const named = `${name.slice(0, MOST_CHARACTERS - SUFFIX.length)}${SUFFIX}`;
  return teachersOf(student).flatMap(({ teacher }, member) => {
    if (!('pipeline' in teacher)) return [];
    const spec = { ...teacher, name: named, project, dataset, report, resources, seeds, matrix: {} };
    return [{ member, spec }];
  });
}
