import { expect, it } from 'vitest';
import { weightsLines } from './weights-lines.js';

const report = {
  file: 'w.pth',
  format: 'torch',
  tensors: [{ name: 'fc.weight', shape: [5, 2] }],
  numbers: 1_234_567,
  problems: [],
  assumed: [],
};

it('says what is known, and what the file does not say', () => {
  expect(weightsLines({ ...report, architecture: 'resnet8', layout: 'torch', outputs: 10 })).toEqual([
    'file     w.pth',
    'format   torch',
    'model    resnet8',
    'tensors  1, 1,234,567 numbers',
    'outputs  10',
    'classes  the file does not name them',
    'images   the file does not say how they are prepared',
  ]);
});

it('names a few of many classes, the layout, the variant and how images are prepared', () => {
  const image = {
    size: 96,
    resize: 'crop' as const,
    mean: [0.5, 0.5, 0.5] as never,
    std: [0.25, 0.25, 1 / 3] as never,
  };
  const classes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const described = { ...report, format: 'safetensors', architecture: 'mobilenet_v2', variant: 'coco', image, classes };
  const lines = weightsLines({ ...described, layout: 'tensorflow' });
  expect(lines).toContain("format   safetensors, TensorFlow's layout");
  expect(lines).toContain('model    mobilenet_v2 (coco)');
  expect(lines).toContain('classes  a, b, c, d, e and 2 more');
  expect(lines).toContain('images   96×96 (crop), mean 0.5, 0.5, 0.5, deviation 0.25, 0.25, 0.3333');
});

it('lists the tensors where it is asked to', () => {
  expect(weightsLines(report, { tensors: true }).slice(-2)).toEqual(['TENSOR     SHAPE', 'fc.weight  [5, 2]']);
  expect(weightsLines(report)).toContain('model    none that is known');
});
