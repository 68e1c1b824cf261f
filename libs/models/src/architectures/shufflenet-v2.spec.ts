import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('shufflenet_v2', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([
    ['shufflenet_v2', 2_278_604],
    ['shufflenet_v2_x0_5', 1_366_792],
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

  it('shufflenet_v2 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'shufflenet_v2', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'shufflenet_v2', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('shufflenet_v2 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'shufflenet_v2', 'train', 1e-3, 1e-2);
  }, 180_000);

  it('shufflenet_v2 trains captured as it trains eagerly, over 6 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'shufflenet_v2',
      mode: 'train',
      steps: 6,
      size: 32,
      batch: 8,
      learningRate: 0.01,
    });
  }, 180_000);
});
