import type { TeacherSpec } from './distillation-spec.js';
import type { Spec } from './spec.js';

export interface NamedTeacher {
  teacher: TeacherSpec;
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
