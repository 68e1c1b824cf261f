import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('mobilenet_v2', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([
    ['mobilenet_v2', 3_504_872],
    ['mobilenet_v2_x0_35', 1_677_128],
    ['mobilenet_v2_x0_5', 1_968_680],
    ['mobilenet_v2_x0_75', 2_636_424],
    ['mobilenet_v2_x1_4', 6_108_776],
  ])(
    "%s has torchvision's %i parameters with 1000 classes, and PyTorch's names, shapes and logits",
    (name, count) => {
      const model = createModel(engine, name, { classes: 1000, seed: 0 });
      expect(parameterCount(model)).toBe(count);
      model.dispose();
      expectShapesAndLogitsOfTorch(engine, name);
    },
    180_000,
  );

  it('computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'mobilenet_v2', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'mobilenet_v2', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'mobilenet_v2', 'train', 1e-3, 1e-2);
  }, 180_000);

  it.each([
    ['', undefined, 'train'],
    [' in its coco variant', 'coco', 'train'],
    [' in its coco variant with frozen batch normalisation', 'coco', 'frozen'],
  ] as const)(
    'trains captured as it trains eagerly%s, over 20 steps',
    (_, variant, mode) => {
      expectCapturedAsEager(engine, {
        name: 'mobilenet_v2',
        variant,
        mode,
        steps: 20,
        size: 32,
        batch: 8,
        learningRate: 0.002,
      });
    },
    180_000,
  );
});
