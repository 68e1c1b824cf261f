import { describe, expect, it } from 'vitest';
import { toySpec } from '../../../test/pipelines/toy.js';
import { budgetFor } from './budget.js';

const spec = toySpec('distillation', './images', {
  dataset: { name: 'cifar10', train: 5000, unlabelled: 10_000 },
  teacher: { path: './model' },
  student: { model: 'small_cnn' },
  training: { epochs: 30 },
  resources: { onSlowEngine: 'reduced' },
});

describe('the budget', () => {
  it('is what was asked for on TensorFlow', () => {
    expect(budgetFor({ backend: 'tensorflow' }, spec)).toEqual({ spec });
  });

  it('is what was asked for on a slow engine, too, unless the spec allows less', () => {
    const full = { ...spec, resources: { ...spec.resources, onSlowEngine: 'full' as const } };
    expect(budgetFor({ backend: 'wasm' }, full)).toEqual({ spec: full });
  });

  it('is smaller on a slow engine where the spec allows it, and says in one line what is less', () => {
    const { spec: smaller, reduced } = budgetFor({ backend: 'wasm' }, spec);
    expect(smaller.training.epochs).toBeLessThan(30);
    expect(smaller.dataset.train).toBeLessThan(5000);
    expect(smaller.dataset.unlabelled).toBeLessThan(10_000);
    expect(smaller.dataset.test).toBeLessThan(10_000);
    expect(smaller).toMatchObject({ student: spec.student, loss: spec.loss, image: spec.image });
    expect(reduced).toMatch(
      /^The wasm engine is slow.*training\.epochs \d+ instead of 30, dataset\.train \d+ instead of 5000/,
    );
    expect(reduced).toMatch(/dataset\.test \d+ instead of all$/);
    expect(reduced).not.toContain('\n');
  });

  it('leaves small work as it is, and the size of a folder that the spec does not name', () => {
    const small = toySpec('transfer', './images', {
      dataset: { path: './images' },
      backbone: { model: 'small_cnn', weights: 'none' },
      training: { epochs: 1 },
      resources: { onSlowEngine: 'reduced' },
    });
    expect(budgetFor({ backend: 'wasm' }, small)).toEqual({ spec: small });
  });
});
