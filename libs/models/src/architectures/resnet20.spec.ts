import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, torchParameters } from '../../../../test/golden/torch-models.js';

describe('resnet20', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it('has 272,474 parameters with 10 classes (counted by PyTorch; He et al. say 0.27 M)', () => {
    const model = createModel(engine, 'resnet20', { classes: 10, seed: 0 });
    expect(parameterCount(model)).toBe(272_474);
    expect(parameterCount(createModel(engine, 'resnet20', { classes: 5, seed: 0 }))).toBe(torchParameters('resnet20'));
  });

  it('gives logits and features of images of any size', () => {
    const model = createModel(engine, 'resnet20', { classes: 7, seed: 0 });
    const { logits, features } = model.forward(engine.tf.zeros([2, 33, 45, 3]), 'inference');
    expect(logits.shape).toEqual([2, 7]);
    expect(features.shape).toEqual([2, model.featureSize]);
    expect(model.featureSize).toBe(64);
  });

  it('computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'resnet20', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'resnet20', 'inference', 1e-4, 1e-4);
  });

  it('computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'resnet20', 'train', 1e-4, 1e-3);
  });

  it('trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'resnet20',
      mode: 'train',
      steps: 20,
      size: 16,
      batch: 8,
      learningRate: 0.02,
    });
  });
});
