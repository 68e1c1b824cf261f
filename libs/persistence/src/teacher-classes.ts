import { classDifference, knownClasses, type Spec } from '#contracts';
import type { Queryable } from './database.js';

/**
 * Why a run cannot teach a student, by its classes, as far as can be known without the images: a distillation's student
 * imitates its teacher output by output. What is left is found by the trainer.
 */
export async function teacherClassMistake(
  tx: Queryable,
  student: Spec,
  teacherRunId: string,
): Promise<string | undefined> {
  const classes = knownClasses(student.dataset);
  if (student.pipeline !== 'distillation' || classes === undefined) return undefined;
  const [teacher] = await tx.query<{ dataset: Spec['dataset']; classes: string[] | null }>(
    `SELECT r.spec -> 'dataset' AS dataset, p.report -> 'classes' AS classes
     FROM runs r LEFT JOIN run_reports p ON p.run_id = r.id WHERE r.id = $1`,
    [teacherRunId],
  );
  const own = knownClasses(teacher.dataset) ?? teacher.classes;
  const difference = own === undefined || own === null ? undefined : classDifference(own, classes);
  return difference && `run ${teacherRunId} has other classes than the dataset: ${difference}`;
}
