import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { checkStage, layersAfterStages } from './stage-outputs.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('layersAfterStages', () => {
  // Height and channels of what leaves each stage, of the papers' tables; images of so many pixels.
  it.each([
    ['small_cnn', undefined, 16, { conv1: [8, 32], conv2: [4, 48], conv3: [4, 64], conv4: [4, 80] }],
    ['resnet8', undefined, 32, { conv1: [32, 16], layer1: [32, 16], layer2: [16, 32], layer3: [8, 64] }],
    ['wrn_16_2', undefined, 32, { conv1: [32, 16], block1: [32, 32], block2: [16, 64], block3: [8, 128] }],
    [
      'resnet18',
      undefined,
      32,
      { conv1: [8, 64], layer1: [8, 64], layer2: [4, 128], layer3: [2, 256], layer4: [1, 512] },
    ],
    [
      'mobilenet_v2',
      undefined,
      64,
      {
        ...{ 'features.0': [32, 32], 'features.1': [32, 16], 'features.2': [16, 24], 'features.4': [8, 32] },
        ...{ 'features.7': [4, 64], 'features.11': [4, 96], 'features.14': [2, 160], 'features.17': [2, 320] },
        'features.18': [2, 1280],
      },
    ],
    [
      'mobilenet_v2_x0_5',
      undefined,
      64,
      {
        ...{ 'features.0': [32, 16], 'features.1': [32, 8], 'features.2': [16, 16], 'features.4': [8, 16] },
        ...{ 'features.7': [4, 32], 'features.11': [4, 48], 'features.14': [2, 80], 'features.17': [2, 160] },
        'features.18': [2, 1280],
      },
    ],
    [
      'mobilenet_v3_small',
      undefined,
      64,
      {
        ...{ 'features.0': [16, 16], 'features.2': [8, 24], 'features.4': [4, 40], 'features.7': [4, 48] },
        ...{ 'features.9': [2, 96], 'features.12': [2, 576] },
      },
    ],
    [
      'shufflenet_v2_x0_5',
      undefined,
      64,
      { conv1: [16, 24], stage2: [8, 48], stage3: [4, 96], stage4: [2, 192], conv5: [2, 1024] },
    ],
    ['inception_v3', undefined, 75, { Conv2d: [7, 192], Mixed_5: [7, 288], Mixed_6: [3, 768], Mixed_7: [1, 2048] }],
  ])('finds the maps of %s (%s)', (name, variant, size, expected) => {
    const { tf } = engine;
    const model = createModel(engine, name, { classes: 3, seed: 0, variant });
    const images = tf.randomUniform([1, size, size, 3], -1, 1, 'float32', 1);
    const before = tf.memory().numTensors;
    const plain = Array.from(model.forward(images, 'inference').logits.dataSync());
    const found = Object.fromEntries(
      [...layersAfterStages(model)].map(([stage, layer]) => {
        const { logits, input } = model.forward(images, 'inference', layer);
        expect(Array.from(logits.dataSync())).toEqual(plain);
        const [, height, width, channels] = input!.shape;
        expect(width).toBe(height);
        return [stage, [height, channels]];
      }),
    );
    expect(found).toEqual(expected);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    expect(() => model.forward(images, 'inference', 'fc.weight')).toThrow(/has no layer fc\.weight/);
    tf.dispose(images);
    model.dispose();
  });
});

describe('checkStage', () => {
  it('names the nearest of the legal ones', () => {
    const check = (name: string, stages: string[]) => () =>
      checkStage(name, stages, 'the teacher x', 'loss.teacherLayer');
    expect(check('layer2', ['layer1', 'layer2'])).not.toThrow();
    expect(check('layer12', ['layer1', 'layer2'])).toThrow(
      /the teacher x has no stage "layer12"; did you mean "layer1"/,
    );
    expect(check('layer1', [])).toThrow(UserError);
  });
});
