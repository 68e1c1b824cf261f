import { expect, it } from 'vitest';
import { golden } from '../../../../test/golden/pipelines.js';
import { checkLogits } from './logits.js';

const { classes, teacher, softmax } = golden.losses;
const check =
  (values: ArrayLike<number>, width = classes) =>
  () =>
    checkLogits(Float32Array.from(values), width, 'resnet8', 'teacher.1');

it('passes logits, of one class too, and those that happen to lie between 0 and 1', () => {
  expect(check(teacher)).not.toThrow();
  expect(check([0.5, 0.5, 0.9, 0.2], 2)).not.toThrow();
  expect(check([1, 1], 1)).not.toThrow();
  expect(check([])).not.toThrow();
});

it('stops where a softmax has been taken already, naming the teacher and its field', () => {
  expect(check(softmax)).toThrow('the teacher resnet8 gives probabilities where logits are expected');
  expect(check(softmax)).toThrow(expect.objectContaining({ name: 'UserError', field: 'teacher.1' }));
  // Probabilities of which one row is not: a sum of 1 by chance does not last.
  expect(check([...softmax.slice(classes), 0.5, 0.1, 0.1, 0.1])).not.toThrow();
});

it('stops at an answer that is no number, naming the image', () => {
  const lost = [...teacher];
  lost[classes + 1] = NaN;
  expect(check(lost)).toThrow('the teacher resnet8 gives NaN for image 2');
});
