import { createHash } from 'node:crypto';
import type { DistillationSpec, InlineTeacherSpec, TeacherSpec } from '#contracts';
import type { Split } from '#datasets';
import type { Engine } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { checkSameClasses, openTeacher, type TeacherOptions } from './teacher.js';

/** A distillation's teacher, or one of several. */
export interface Teacher {
  classifier: Classifier;
  /** Its part of the mean, as a part of the sum of all weights. */
  weight: number;
  /** The spec's field that names it. */
  field: string;
}

/** A teacher with images as it sees them itself. */
export interface SeeingTeacher extends Teacher {
  images: Split;
}

/**
 * Opens the teacher of a spec, or the members of its ensemble, and checks that each means by every output what the
 * dataset means by it.
 * @throws UserError naming the field of the spec that leads to no usable teacher
 */
export async function openTeachers(
  engine: Engine,
  spec: DistillationSpec['teacher'],
  classes: readonly string[],
  options: Omit<TeacherOptions, 'field'> & {
    /** Of an ensemble, in its order: the model folder of each member that is a run or a registry entry. */
    ensembleFolders?: readonly (string | undefined)[];
  },
): Promise<Teacher[]> {
  const members = Array.isArray(spec) ? spec : [{ ...spec, weight: 1 }];
  const opened: Teacher[] = [];
  try {
    for (const [index, { weight, ...teacher }] of members.entries()) {
      const field = Array.isArray(spec) ? `teacher.${index}` : 'teacher';
      const teacherFolder =
        options.ensembleFolders?.[index] ?? (members.length === 1 ? options.teacherFolder : undefined);
      const classifier = await openTeacher(engine, teacher as TeacherSpec | InlineTeacherSpec, {
        ...options,
        teacherFolder,
        field,
      });
      opened.push({ classifier, weight, field });
      checkSameClasses(classifier, classes, field);
    }
    return opened;
  } catch (error) {
    for (const { classifier } of opened) classifier.dispose();
    throw error;
  }
}

/** What decides all that teachers say: that of the one, or of all with their parts of the mean. */
export function teachersFingerprint(teachers: readonly Teacher[]): string {
  if (teachers.length === 1) return teachers[0].classifier.fingerprint;
  const total = teachers.reduce((sum, { weight }) => sum + weight, 0);
  const parts = teachers.map(({ classifier, weight }) => [classifier.fingerprint, weight / total]);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** "resnet18", or of several "resnet18 + wrn_40_2". */
export function teachersName(teachers: readonly Teacher[]): string {
  return teachers.map(({ classifier }) => classifier.name).join(' + ');
}
