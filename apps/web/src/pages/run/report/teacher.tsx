import type { Agreement } from '#contracts';
import { number, percent } from '../../../format/quantities.js';
import { Numbers } from '../../../parts/numbers.js';
import styles from './report.module.css';

/** How far the student says what its teacher says, and what it has lost on the way. */
export function Teacher({ agreement }: { agreement: Agreement }) {
  const { top1, kl, bothRight, onlyTeacherRight, onlyStudentRight, bothWrong, perClass, lost } = agreement;
  const shares = [
    { name: 'both are right', share: bothRight, look: styles.both },
    { name: 'only the teacher', share: onlyTeacherRight, look: styles.teacherOnly },
    { name: 'only the student', share: onlyStudentRight, look: styles.studentOnly },
    { name: 'neither', share: bothWrong, look: styles.neither },
  ];
  return (
    <div className={styles.part}>
      <h3>Beside its teacher</h3>
      <p className={styles.hint}>
        The same answer for {percent(top1)} of the test images; KL(teacher ‖ student) is {number(kl, 3)} nats.{' '}
        {lost.length === 0 ? 'No class was lost in distillation.' : `Lost in distillation: ${lost.join(', ')}.`}
      </p>
      <div className={styles.shares} aria-hidden="true">
        {shares.map(({ name, share, look }) => (
          <span key={name} className={look} style={{ width: `${share * 100}%` }} />
        ))}
      </div>
      <ul className={styles.key} aria-label="Who is right">
        {shares.map(({ name, share, look }) => (
          <li key={name}>
            <span className={look} aria-hidden="true" />
            {name} <strong>{percent(share)}</strong>
          </li>
        ))}
      </ul>
      <Numbers
        caption="Recall of teacher and student, class by class"
        titles={['Class', 'Test images', 'Teacher', 'Student', 'Points', 'p (sign test)']}
        rows={perClass.map(({ name, images, teacher, student, p }) => [
          name,
          images.toLocaleString('en'),
          percent(teacher),
          percent(student),
          `${student >= teacher ? '+' : '−'}${(Math.abs(student - teacher) * 100).toFixed(1)}`,
          number(p, 3),
        ])}
      />
    </div>
  );
}
