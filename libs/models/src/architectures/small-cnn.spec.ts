import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('small_cnn', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it('has 89,674 parameters with 10 classes (fewer than 100,000), and the logits of images of any size', () => {
    const model = createModel(engine, 'small_cnn', { classes: 10, seed: 0 });
    expect(parameterCount(model)).toBe(89_674);
    model.dispose();
    expectShapesAndLogitsOfTorch(engine, 'small_cnn');
  }, 180_000);

  it('computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'small_cnn', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'small_cnn', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'small_cnn', 'train', 1e-4, 1e-4);
  }, 180_000);

  it('trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'small_cnn',
      mode: 'train',
      steps: 20,
      size: 16,
      batch: 8,
      learningRate: 0.02,
    });
  });
});
