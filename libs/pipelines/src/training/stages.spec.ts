import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { stageRates, stagesOf } from './stages.js';

describe('stagesOf', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });
  const stages = (name: string, variant?: string) => {
    const model = createModel(engine, name, { classes: 3, seed: 0, variant });
    try {
      return { stages: stagesOf(model), parameters: Object.keys(model.parameters), head: model.head };
    } finally {
      model.dispose();
    }
  };

  it.each([
    ['small_cnn', undefined, ['conv1', 'conv2', 'conv3', 'conv4', 'head']],
    ['resnet20', undefined, ['conv1', 'layer1', 'layer2', 'layer3', 'head']],
    ['resnet18', undefined, ['conv1', 'layer1', 'layer2', 'layer3', 'layer4', 'head']],
    ['wrn_16_2', undefined, ['conv1', 'block1', 'block2', 'block3', 'head']],
    ['shufflenet_v2', undefined, ['conv1', 'stage2', 'stage3', 'stage4', 'conv5', 'head']],
    // The rows of Sandler et al. (2018), table 2.
    ['mobilenet_v2', undefined, [0, 1, 2, 4, 7, 11, 14, 17, 18].map((block) => `features.${block}`).concat('head')],
    // Rows of 24 and 32 channels are 16 wide there, and two stages all the same.
    [
      'mobilenet_v2_x0_5',
      undefined,
      [0, 1, 2, 4, 7, 11, 14, 17, 18].map((block) => `features.${block}`).concat('head'),
    ],
    // It ends after the expansion of block 14.
    ['mobilenet_v2', 'coco', [0, 1, 2, 4, 7, 11, 14].map((block) => `features.${block}`).concat('head')],
    [
      'mobilenet_v3_small',
      undefined,
      [0, 2, 4, 7, 9, 12].map((block) => `features.${block}`).concat('classifier', 'head'),
    ],
    ['inception_v3', undefined, ['Conv2d', 'Mixed_5', 'Mixed_6', 'Mixed_7', 'head']],
  ])('divides %s (%s) as its paper does, each parameter being of one stage', (name, variant, expected) => {
    const { stages: found, parameters, head } = stages(name, variant);
    expect(found.map((stage) => stage.name)).toEqual(expected);
    expect(found.flatMap((stage) => stage.parameters).sort()).toEqual([...parameters].sort());
    expect(found.at(-1)!.parameters).toEqual(head);
  });

  it('gives each stage its rate, the head its own', () => {
    const { stages: found } = stages('small_cnn');
    const rates = stageRates(found, 0.5, 10);
    expect(rates['fc.weight']).toBe(10);
    expect([rates['conv4.weight'], rates['bn4.weight'], rates['conv3.weight'], rates['conv1.weight']]).toEqual([
      0.5, 0.5, 0.25, 0.0625,
    ]);
  });
});
