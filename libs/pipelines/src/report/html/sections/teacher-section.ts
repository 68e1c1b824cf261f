import type { Report } from '#contracts';
import { markup } from '../markup.js';
import { decimal, percent, whole } from '../number-words.js';
import type { Section } from '../section.js';
import { table } from '../table.js';

/** How far the student says what its teacher says, and what it has lost on the way. */
export function teacherSection({ agreement, teacher }: Report): Section | undefined {
  if (agreement === undefined || teacher === undefined) return undefined;
  const { top1, kl, bothRight, onlyTeacherRight, onlyStudentRight, bothWrong, perClass, lost } = agreement;
  const rows = perClass.map(({ name, images, teacher, student, p }) => [
    name,
    whole(images),
    percent(teacher),
    percent(student),
    `${student >= teacher ? '+' : '−'}${(Math.abs(student - teacher) * 100).toFixed(1)} points`,
    decimal(p),
  ]);
  return {
    id: 'teacher',
    title: 'Beside its teacher',
    body: markup`<p>${teacher.name} and its student give the same answer for ${percent(top1)} of the test images; KL(teacher ‖ student) is ${decimal(kl)} nats. ${
      lost.length === 0
        ? 'No class was lost in distillation.'
        : `Lost in distillation (found less often than by the teacher, p < 0.05): ${lost.join(', ')}.`
    }</p>
${table(
  'Who is right',
  ['Test images', 'Share'],
  [
    ['both are right', percent(bothRight)],
    ['only the teacher', percent(onlyTeacherRight)],
    ['only the student', percent(onlyStudentRight)],
    ['neither', percent(bothWrong)],
  ],
)}
<details><summary>Class by class</summary>${table('Recall of teacher and student', ['Class', 'Test images', 'Teacher', 'Student', 'Difference', 'p (sign test)'], rows)}</details>`,
  };
}
