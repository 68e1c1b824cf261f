import type { Agreement } from '#contracts';
import { checkDivergence } from '../guards/negative-divergence.js';
import { mostProbable, SMALLEST_PROBABILITY } from './evaluation.js';

/** A class counts as lost where chance would explain the student's loss with a lower probability than this. */
const SIGNIFICANT = 0.05;

/**
 * How far a student says what its teacher says of the same images, and which classes it has lost: those that it finds
 * less often than the teacher does, by more than chance explains. Of the images of a class that only one of the two is
 * right about, each falls to either with probability ½ where the two are equally good: a sign test, McNemar's in its
 * exact form (McNemar, 1947).
 * @param teacher `[images, classes]` probabilities, as `student`
 */
export function agreementOf(
  teacher: Float32Array,
  student: Float32Array,
  labels: ArrayLike<number>,
  classNames: readonly string[],
): Agreement {
  const classes = classNames.length;
  const images = labels.length;
  const tallies = classNames.map(() => ({ both: 0, teacher: 0, student: 0, neither: 0 }));
  let same = 0;
  let divergence = 0;
  for (let i = 0; i < images; i++) {
    const [ofTeacher, ofStudent] = [teacher, student].map((all) => all.subarray(i * classes, (i + 1) * classes));
    const [first, second] = [mostProbable(ofTeacher), mostProbable(ofStudent)];
    if (first === second) same++;
    const tally = tallies[labels[i]];
    if (first === labels[i]) tally[second === labels[i] ? 'both' : 'teacher']++;
    else tally[second === labels[i] ? 'student' : 'neither']++;
    divergence += klOf(ofTeacher, ofStudent);
  }
  const perClass = classNames.flatMap((name, c) => {
    const { both, teacher, student, neither } = tallies[c];
    const ofClass = both + teacher + student + neither;
    if (ofClass === 0) return [];
    const p = atLeast(teacher, teacher + student);
    return [{ name, images: ofClass, teacher: (both + teacher) / ofClass, student: (both + student) / ofClass, p }];
  });
  const share = (key: 'both' | 'teacher' | 'student' | 'neither') =>
    images === 0 ? 0 : tallies.reduce((sum, tally) => sum + tally[key], 0) / images;
  const kl = images === 0 ? 0 : divergence / images;
  checkDivergence(kl, 'of the test images');
  return {
    images,
    top1: images === 0 ? 0 : same / images,
    kl,
    bothRight: share('both'),
    onlyTeacherRight: share('teacher'),
    onlyStudentRight: share('student'),
    bothWrong: share('neither'),
    perClass,
    lost: perClass
      .filter(({ p, student, teacher }) => p < SIGNIFICANT && student < teacher)
      .sort((a, b) => b.teacher - b.student - (a.teacher - a.student))
      .map(({ name }) => name),
  };
}

/** KL(p ‖ q) of two distributions, nats. */
function klOf(p: Float32Array, q: Float32Array): number {
  let sum = 0;
  for (let c = 0; c < p.length; c++) {
    if (p[c] > 0) sum += p[c] * (Math.log(p[c]) - Math.log(Math.max(q[c], SMALLEST_PROBABILITY)));
  }
  return sum;
}

/** Probability of `heads` or more of `tosses` fair coins. */
export function atLeast(heads: number, tosses: number): number {
  let logChoose = 0;
  let sum = 0;
  for (let k = 0; k <= tosses; k++) {
    if (k >= heads) sum += Math.exp(logChoose - tosses * Math.LN2);
    logChoose += Math.log(tosses - k) - Math.log(k + 1);
  }
  return Math.min(1, sum);
}
