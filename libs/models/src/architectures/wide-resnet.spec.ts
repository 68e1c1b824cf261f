import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager } from '../../../../test/golden/captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from '../../../../test/golden/torch-models.js';

describe('the wide ResNets', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it.each([
    ['wrn_16_2', 691_674],
    ['wrn_40_2', 2_243_546],
  ] as const)("%s has %i parameters with 10 classes, and PyTorch's names, shapes and logits", (name, parameters) => {
    const model = createModel(engine, name, { classes: 10, seed: 0 });
    expect(parameterCount(model)).toBe(parameters);
    model.dispose();
    expectShapesAndLogitsOfTorch(engine, name);
  });

  it('wrn_16_2 computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
    expectAsTorch(engine, 'wrn_16_2', 'frozen', 1e-4, 1e-4);
    expectAsTorch(engine, 'wrn_16_2', 'inference', 1e-4, 1e-4);
  }, 180_000);

  it('wrn_16_2 computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
    expectAsTorch(engine, 'wrn_16_2', 'train', 1e-4, 1e-3);
  }, 180_000);

  it('wrn_16_2 trains captured as it trains eagerly, over 20 steps', () => {
    expectCapturedAsEager(engine, {
      name: 'wrn_16_2',
      mode: 'train',
      steps: 20,
      size: 16,
      batch: 8,
      learningRate: 0.02,
    });
  }, 180_000);
});
