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
    teacher: member as TeacherSpec,
    field: `teacher.${index}`,
  }));
}

/** An experiment's name has at most so many characters. */
const MOST_CHARACTERS = 120;
const SUFFIX = ' teacher';

/**
 * The spec of the run that trains a spec's inline teacher; `undefined` where the teacher is none of that kind. It has the
 * dataset and the seeds of its students: which images are held out depends on both, and a teacher must not have learnt
 * what its student is tested on.
 */
export function inlineTeacherOf(spec: Spec): TransferSpec | undefined {
  if (spec.pipeline === 'transfer' || Array.isArray(spec.teacher) || !('pipeline' in spec.teacher)) return undefined;
  const { name, project, dataset, report, resources, seeds } = spec;
  const named = `${name.slice(0, MOST_CHARACTERS - SUFFIX.length)}${SUFFIX}`;
  return { ...spec.teacher, name: named, project, dataset, report, resources, seeds, matrix: {} };
}
