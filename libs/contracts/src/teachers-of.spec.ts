import { describe, expect, it } from 'vitest';
import { SpecSchema } from './spec.js';
import { inlineTeachersOf } from './teachers-of.js';

const described = { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' }, training: { epochs: 3 } };
const student = (teacher: unknown) =>
  SpecSchema.parse({
    ...{ name: 'student', pipeline: 'distillation', student: { model: 'resnet8' } },
    ...{ dataset: { name: 'cifar10', train: 100 }, seeds: [3], resources: { maxMinutes: 5 } },
    teacher,
  });

describe('teachers of an ensemble', () => {
  it('that are described in place have a spec of their own, with the dataset, seed and resources of the student', () => {
    const [one, two, ...more] = inlineTeachersOf(student([{ path: './m' }, described, { ...described, weight: 2 }]));
    expect(more).toEqual([]);
    expect([one.member, two.member]).toEqual([1, 2]);
    expect(one.spec).toMatchObject({
      ...{ name: 'student teacher', pipeline: 'transfer', seeds: [3], matrix: {} },
      ...{ dataset: { name: 'cifar10', train: 100 }, resources: { maxMinutes: 5 }, training: { epochs: 3 } },
    });
    expect(SpecSchema.parse(one.spec)).toEqual(one.spec);
    // Equal teachers are one, whatever they weigh.
    expect(JSON.stringify(two.spec)).toBe(JSON.stringify(one.spec));
  });
});
