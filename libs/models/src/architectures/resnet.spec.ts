import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('the ResNets for ImageNet', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([
    ['resnet18', 11_689_512],
    ['resnet34', 21_797_672],
    ['resnet50', 25_557_032],
  ] as const)(
    "%s has torchvision's %i parameters with 1000 classes, and PyTorch's names, shapes and logits",
    (name, parameters) => {
      const model = createModel(engine, name, { classes: 1000, seed: 0 });
      expect(parameterCount(model)).toBe(parameters);
      model.dispose();
      expectShapesAndLogitsOfTorch(engine, name);
    },
    180_000,
  );

  it('resnet18 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'resnet18', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'resnet18', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('resnet18 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'resnet18', 'train', 1e-4, 1e-3);
  }, 180_000);

  it('resnet18 trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'resnet18',
      mode: 'train',
      steps: 20,
      size: 32,
      batch: 8,
      learningRate: 0.002,
    });
  }, 180_000);

  it('resnet50 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'resnet50', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'resnet50', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('resnet50 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    // PyTorch's own float32 logits are 1.8e-4 from these, which are float64's.
    expectAsTorch(engine, 'resnet50', 'train', 1e-3, 1e-2);
  }, 180_000);

  it('resnet50 trains captured as it trains eagerly, over 6 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'resnet50',
      mode: 'train',
      steps: 6,
      size: 32,
      batch: 8,
      learningRate: 0.01,
    });
  }, 180_000);
});
