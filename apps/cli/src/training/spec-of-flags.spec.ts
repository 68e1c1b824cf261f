import path from 'node:path';
import { KNOWN_DATASETS } from '#contracts';
import { describe, expect, it } from 'vitest';
import { specOfFlags } from './spec-of-flags.js';

describe('specOfFlags', () => {
  it('is a transfer from mobilenet_v2 on a folder of images', () => {
    const spec = specOfFlags(
      { pipeline: 'transfer', data: 'photos/pets', epochs: 3, learningRate: 0.01 },
      KNOWN_DATASETS,
    );
    expect(spec).toMatchObject({
      name: 'transfer pets',
      dataset: { path: path.resolve('photos/pets') },
      backbone: { model: 'mobilenet_v2', weights: 'coco' },
      training: { epochs: 3, optimizer: { learningRate: 0.01 } },
    });
  });

  it('takes a known dataset by its name', () => {
    expect(specOfFlags({ pipeline: 'transfer', data: 'cifar10', backbone: 'resnet20' }, KNOWN_DATASETS)).toMatchObject({
      dataset: { name: 'cifar10' },
      backbone: { model: 'resnet20', weights: 'none' },
    });
  });

  it('distils from a folder into a student', () => {
    const flags = { pipeline: 'distillation', data: 'cifar10', teacher: 'runs/t', student: 'resnet20' };
    expect(specOfFlags(flags, KNOWN_DATASETS)).toMatchObject({
      teacher: { path: path.resolve('runs/t') },
      student: { model: 'resnet20' },
    });
  });

  it('names the flags that are wrong, all at once', () => {
    expect(() =>
      specOfFlags({ pipeline: 'transfer', data: 'x', backbone: 'mobilnet', size: 3 }, KNOWN_DATASETS),
    ).toThrow(/--size: [^]*--backbone: must be one of [^]*did you mean "mobilenet_v2"|--backbone: [^]*--size: /);
  });

  it.each([[{}], [{ pipeline: 'transfer' }]])('says what is missing of %j', (flags) => {
    expect(() => specOfFlags(flags, KNOWN_DATASETS)).toThrow(/--pipeline with --data|--data is missing/);
  });
});
