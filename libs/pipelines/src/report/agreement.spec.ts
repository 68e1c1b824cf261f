import { describe, expect, it } from 'vitest';
import { golden } from '../../../../test/golden/report.js';
import { agreementOf, atLeast } from './agreement.js';

/** Probabilities that are sure of these answers. */
const sure = (answers: readonly number[], classes = 2) =>
  Float32Array.from(answers.flatMap((answer) => Array.from({ length: classes }, (_, c) => (c === answer ? 0.9 : 0.1))));

describe('agreementOf', () => {
  it('counts who is right, and names the classes that the student has lost', () => {
    // Class 0: the teacher finds all ten, the student four. Class 1: both find five of six.
    const labels = [...new Array<number>(10).fill(0), ...new Array<number>(6).fill(1)];
    const teacher = [...new Array<number>(10).fill(0), 1, 1, 1, 1, 1, 0];
    const student = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1];
    const found = agreementOf(sure(teacher), sure(student), labels, ['cat', 'dog']);
    expect(found).toMatchObject({
      images: 16,
      top1: 8 / 16,
      bothRight: 8 / 16,
      onlyTeacherRight: 7 / 16,
      onlyStudentRight: 1 / 16,
      bothWrong: 0,
      lost: ['cat'],
    });
    // Six losses and no gain: 1/2⁶; one of each: 3/4.
    expect(found.perClass).toEqual([
      { name: 'cat', images: 10, teacher: 1, student: 0.4, p: expect.closeTo(1 / 64, 10) },
      { name: 'dog', images: 6, teacher: 5 / 6, student: 5 / 6, p: expect.closeTo(0.75, 10) },
    ]);
    // Eight of sixteen images at KL((0.9, 0.1) ‖ (0.1, 0.9)) = 0.8 · ln 9.
    expect(found.kl).toBeCloseTo(0.4 * Math.log(9), 5);
  });

  it("is PyTorch's, and its divergence that of `kl_div` from the teacher to the student", () => {
    const { classes, teacher, student, labels, kl, perClass, ...shares } = golden.agreement;
    const names = Array.from({ length: classes }, (_, c) => `${c}`);
    const [ofTeacher, ofStudent] = [teacher, student].map((values) => Float32Array.from(values));
    const found = agreementOf(ofTeacher, ofStudent, labels, names);
    expect(found).toMatchObject({ ...shares, images: labels.length, kl: expect.closeTo(kl, 6), lost: ['2'] });
    expect(found.perClass).toEqual(
      perClass.map(([images, ofTeacher, ofStudent, p], c) => ({
        ...{ name: `${c}`, images, teacher: ofTeacher, student: ofStudent },
        p: expect.closeTo(p, 12),
      })),
    );
    // The other way round it is another number.
    expect(Math.abs(agreementOf(ofStudent, ofTeacher, labels, names).kl - kl)).toBeGreaterThan(0.001);
  });

  it('finds nothing lost, and no divergence, where the two are one', () => {
    const same = sure([0, 1, 1, 2], 3);
    const found = agreementOf(same, same, [0, 1, 2, 2], ['a', 'b', 'c']);
    expect(found).toMatchObject({ top1: 1, kl: 0, lost: [] });
  });

  it('says nothing of a class without images', () => {
    expect(agreementOf(sure([0]), sure([0]), [0], ['a', 'b']).perClass.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('atLeast', () => {
  it('is the tail of the binomial distribution with ½', () => {
    // Of 10 tosses 8 or more: (45 + 10 + 1) / 1024.
    expect(atLeast(8, 10)).toBeCloseTo(56 / 1024, 12);
    expect(atLeast(0, 0)).toBe(1);
    expect(atLeast(600, 1000)).toBeLessThan(1e-9);
  });
});
