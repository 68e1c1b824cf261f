import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, torchParameters } from '../../../../test/golden/torch-models.js';

describe('resnet18', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it("has torchvision's 11,689,512 parameters with 1000 classes", () => {
    const model = createModel(engine, 'resnet18', { classes: 1000, seed: 0 });
    expect(parameterCount(model)).toBe(11_689_512);
    expect(parameterCount(createModel(engine, 'resnet18', { classes: 5, seed: 0 }))).toBe(torchParameters('resnet18'));
  });

  it('gives logits and features of images of any size', () => {
    const model = createModel(engine, 'resnet18', { classes: 7, seed: 0 });
    const { logits, features } = model.forward(engine.tf.zeros([2, 33, 45, 3]), 'inference');
    expect(logits.shape).toEqual([2, 7]);
    expect(features.shape).toEqual([2, model.featureSize]);
    expect(model.featureSize).toBe(512);
  });

  it('computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'resnet18', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'resnet18', 'inference', 1e-4, 1e-4);
  });

  it('computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'resnet18', 'train', 1e-4, 1e-3);
  });

  it('trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'resnet18',
      mode: 'train',
      steps: 20,
      size: 32,
      batch: 8,
      learningRate: 0.002,
    });
  }, 180_000);
});
