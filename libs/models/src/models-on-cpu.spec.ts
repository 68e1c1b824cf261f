import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { expectAsTorch } from '../../../test/golden/torch-models.js';

// The backend that needs nothing, and that others are checked against. One network with each kind of layer.
describe('in plain JavaScript', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
  });

  it.each(['mobilenet_v3_small', 'shufflenet_v2'] as const)(
    '%s computes the logits, the loss and the gradients that PyTorch computes',
    (name) => {
      expect(engine.backend).toBe('cpu');
      expectAsTorch(engine, name, 'frozen', 1e-4, 1e-4);
      expectAsTorch(engine, name, 'train', 1e-3, 1e-2);
    },
    600_000,
  );
});
