import { expect, it } from 'vitest';
import { PreparationSchema } from '#contracts';
import { recording } from '../../../../test/pipelines/toy.js';
import { sayWhatIsSeenOtherwise } from './seen-otherwise.js';

const student = PreparationSchema.parse({ size: 32 });
const linesOf = (...teachers: object[]) => {
  const context = recording('.');
  const seeing = teachers.map((image) => ({ name: 'resnet18', image: { ...student, ...image } }));
  sayWhatIsSeenOtherwise(seeing, student, context);
  return context.lines;
};

it('says what of the preparation differs, on both sides, once', () => {
  expect(linesOf({ resize: 'crop' })).toEqual([
    'info: The teacher resnet18 sees the images its own way: resize crop; the student: resize squash',
  ]);
  const [line, ...others] = linesOf({ mean: [0, 0, 0], size: 96 }, { mean: [0, 0, 0] }, {});
  expect(line).toContain('its own way: mean 0, 0, 0; the student: mean 0.485, 0.456, 0.406');
  expect(others).toEqual([]);
});

it('says nothing of the same preparation at another size, nor of colours that a network prepares itself', () => {
  expect(linesOf({}, { size: 96 })).toEqual([]);
  expect(linesOf({ mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] })).toEqual([]);
});
