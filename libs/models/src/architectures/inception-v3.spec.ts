import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('inception_v3', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([['inception_v3', 23_834_568]] as const)(
    "%s has torchvision's %i parameters with 1000 classes, and PyTorch's names, shapes and logits",
    (name, parameters) => {
      const model = createModel(engine, name, { classes: 1000, seed: 0 });
      expect(parameterCount(model)).toBe(parameters);
      model.dispose();
      expectShapesAndLogitsOfTorch(engine, name);
    },
    180_000,
  );

  it('inception_v3 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'inception_v3', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'inception_v3', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('inception_v3 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'inception_v3', 'train', 1e-3, 1e-2);
  }, 180_000);

  it('inception_v3 trains captured as it trains eagerly, over 6 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'inception_v3',
      mode: 'train',
      steps: 6,
      size: 75,
      batch: 4,
      learningRate: 0.01,
    });
  }, 180_000);
});
