import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.js';

const distillation = {
  name: 'student',
  pipeline: 'distillation',
  dataset: { name: 'cifar10' },
  student: { model: 'resnet8' },
};
const logistic = { name: 'probe', pipeline: 'logistic', dataset: { name: 'cifar10' } };
const coco = { model: 'mobilenet_v2', weights: 'coco' };
const imagenet = { model: 'resnet18', weights: 'torchvision/IMAGENET1K_V1' };

/** path → message */
function issuesOf(spec: unknown): Record<string, string> {
  const parsed = parseSpec(spec);
  return parsed.ok ? {} : Object.fromEntries(parsed.issues.map(({ path, message }) => [path, message]));
}

describe('the teachers of a spec', () => {
  it.each<[string, object]>([
    ['weights of a file', { ...distillation, teacher: { model: 'resnet18', weights: './w.pth' } }],
    ["ImageNet's classes for a folder", { ...distillation, dataset: { path: './p' }, teacher: imagenet }],
    ['a headless backbone for its features', { ...logistic, teacher: coco, features: 'penultimate' }],
    ['a headless backbone that gets a head', { ...logistic, teacher: coco, features: 'logits', outOfFold: 5 }],
    ["ImageNet's logits as features", { ...logistic, teacher: imagenet, features: 'logits' }],
    [
      'one that is fine-tuned from a headless backbone',
      { ...distillation, teacher: { pipeline: 'transfer', backbone: coco } },
    ],
    ['a hint of one', { ...distillation, teacher: [{ path: './m' }], loss: { kind: 'hint' } }],
  ])('may be %s', (_, spec) => {
    expect(issuesOf(spec)).toEqual({});
  });

  it('need weights, and classes that can be the dataset’s', () => {
    const weights = (teacher: unknown, more = {}) => issuesOf({ ...distillation, ...more, teacher });
    expect(weights({ model: 'resnet18', weights: 'none' })['teacher.weights']).toMatch('nothing to teach');
    expect(issuesOf({ ...logistic, teacher: { model: 'resnet18', weights: 'none' } })).toHaveProperty([
      'teacher.weights',
    ]);
    expect(weights(coco, { dataset: { path: './p' } })['teacher.weights']).toMatch('knows no classes');
    expect(weights([{ path: './m' }, imagenet])['teacher.1.weights']).toMatch('classes of ImageNet');
  });

  it('are refused at the entry of the matrix or the arm that names them', () => {
    const grid = { ...distillation, teacher: { path: './m' }, matrix: { teacher: [{ path: './m' }, coco] } };
    expect(issuesOf(grid)).toEqual({ 'matrix.teacher': expect.stringMatching(/^teacher\.weights: "coco"/) as string });
    const { name, dataset, ...arm } = { ...distillation, teacher: coco };
    const transfer = { pipeline: 'transfer', backbone: coco };
    expect(issuesOf({ name, dataset, ladder: { transfer, student: arm } })).toHaveProperty([
      'ladder.student.teacher.weights',
    ]);
  });

  it('give features that there are, and a hint by one of them', () => {
    expect(issuesOf({ ...logistic, teacher: coco, features: ['sigmoid', 'penultimate'] })).toEqual({
      features: expect.stringContaining('has no features "sigmoid":') as string,
    });
    const several = [{ path: './m' }, { path: './n' }];
    expect(issuesOf({ ...distillation, teacher: several, loss: { kind: 'hint' } })).toHaveProperty(['loss.kind']);
  });
});
