import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel } from './index.js';

describe('multiplyAdds', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  // GFLOPS of torchvision's table of pretrained weights (docs/stable/models.html), which counts multiply-adds. It has no
  // other width of MobileNetV2: these are of the table of TensorFlow-Slim, where its authors publish them.
  it.each([
    ['resnet18', 224, 1.814],
    ['resnet34', 224, 3.664],
    ['resnet50', 224, 4.089],
    ['mobilenet_v2', 224, 0.301],
    ['mobilenet_v2_x0_35', 224, 0.059],
    ['mobilenet_v2_x0_5', 224, 0.097],
    ['mobilenet_v2_x0_75', 224, 0.209],
    ['mobilenet_v2_x1_4', 224, 0.582],
    ['mobilenet_v3_small', 224, 0.057],
    ['shufflenet_v2', 224, 0.145],
    ['shufflenet_v2_x0_5', 224, 0.04],
    ['inception_v3', 299, 5.713],
  ] as const)(
    '%s needs as many for an image of %i pixels as is published: %d billion',
    (name, size, billions) => {
      const model = createModel(engine, name, { classes: 1000, seed: 0 });
      expect(Math.abs(model.multiplyAdds(size) / 1e9 - billions)).toBeLessThan(0.00051);
      model.dispose();
    },
    120_000,
  );

  it('counts what a hand does: 3×3 convolutions at 32, 16, 8 and 8 pixels, and the head', () => {
    const model = createModel(engine, 'small_cnn', { classes: 10, seed: 0 });
    const convolutions = 1024 * 3 * 32 + 256 * 32 * 48 + 64 * 48 * 64 + 64 * 64 * 80;
    expect(model.multiplyAdds(32)).toBe(9 * convolutions + 80 * 10);
    model.dispose();
  });

  it('leaves nothing behind', () => {
    const model = createModel(engine, 'small_cnn', { classes: 10, seed: 0 });
    const before = engine.tf.memory().numTensors;
    model.multiplyAdds(16);
    expect(engine.tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
