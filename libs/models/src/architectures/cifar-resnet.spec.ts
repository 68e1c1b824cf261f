import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('the ResNets for CIFAR', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([
    ['resnet8', 78_042],
    ['resnet20', 272_474],
    ['resnet56', 855_770],
  ] as const)("%s has %i parameters with 10 classes, and PyTorch's names, shapes and logits", (name, parameters) => {
    const model = createModel(engine, name, { classes: 10, seed: 0 });
    expect(parameterCount(model)).toBe(parameters);
    model.dispose();
    expectShapesAndLogitsOfTorch(engine, name);
  });

  it('resnet20 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'resnet20', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'resnet20', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('resnet20 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'resnet20', 'train', 1e-4, 1e-3);
  }, 180_000);

  it('resnet20 trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'resnet20',
      mode: 'train',
      steps: 20,
      size: 16,
      batch: 8,
      learningRate: 0.02,
    });
  }, 180_000);
});
