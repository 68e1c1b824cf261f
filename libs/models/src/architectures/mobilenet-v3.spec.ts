import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('mobilenet_v3_small', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([['mobilenet_v3_small', 2_542_856]] as const)(
    "%s has torchvision's %i parameters with 1000 classes, and PyTorch's names, shapes and logits",
    (name, parameters) => {
      const model = createModel(engine, name, { classes: 1000, seed: 0 });
      expect(parameterCount(model)).toBe(parameters);
      model.dispose();
      expectShapesAndLogitsOfTorch(engine, name);
    },
    180_000,
  );

  it('mobilenet_v3_small computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'mobilenet_v3_small', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'mobilenet_v3_small', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('mobilenet_v3_small computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'mobilenet_v3_small', 'train', 1e-3, 1e-2);
  }, 180_000);

  it('mobilenet_v3_small trains captured as it trains eagerly, over 6 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'mobilenet_v3_small',
      mode: 'train',
      steps: 6,
      size: 32,
      batch: 8,
      learningRate: 0.01,
    });
  }, 180_000);
});
