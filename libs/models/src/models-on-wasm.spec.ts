import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { expectCapturedAsEager } from '../../../test/golden/captured-training.js';
import { expectAsTorch } from '../../../test/golden/torch-models.js';

// What trains where TensorFlow cannot be had. One backend per process, hence a file of its own.
let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ backend: 'wasm' });
});

describe('on WebAssembly', () => {
  it.each([
    ['small_cnn', 1e-4, 1e-3],
    ['resnet20', 1e-4, 1e-3],
    ['wrn_16_2', 1e-4, 1e-3],
    ['resnet18', 1e-4, 1e-3],
    ['resnet50', 1e-3, 1e-2],
    ['mobilenet_v2', 1e-3, 1e-2],
    ['mobilenet_v3_small', 1e-3, 1e-2],
    ['shufflenet_v2', 1e-3, 1e-2],
    ['inception_v3', 1e-3, 1e-2],
  ] as const)(
    '%s computes the logits, the loss and the gradients that PyTorch computes',
    (name, tolerance, gradients) => {
      // Fifty layers hold a few values that rounding puts on the one or the other side of a ReLU.
      expectAsTorch(engine, name, 'frozen', 1e-4, 1e-3);
      expectAsTorch(engine, name, 'train', tolerance, gradients);
    },
    600_000,
  );

  it.each(['train', 'frozen'] as const)(
    'mobilenet_v2 in its coco variant trains in %s mode',
    (mode) => {
      expectCapturedAsEager(engine, {
        name: 'mobilenet_v2',
        variant: 'coco',
        mode,
        size: 32,
        batch: 4,
        steps: 8,
        learningRate: 0.01,
      });
    },
    180_000,
  );

  it('keeps no tensor of a network that was disposed of', () => {
    const before = engine.tf.memory().numTensors;
    const model = createModel(engine, 'mobilenet_v2', { classes: 3, seed: 0, variant: 'coco' });
    engine.tf.tidy(() => void model.forward(engine.tf.zeros([1, 32, 32, 3]), 'inference'));
    model.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});
