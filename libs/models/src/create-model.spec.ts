import { beforeAll, describe, expect, it } from 'vitest';
import { KNOWN_MODELS, UserError } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel, MODELS, newHead, stateDict } from './index.js';

describe('createModel', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
  });

  it('knows every model that a spec may name, and no other', () => {
    expect(Object.keys(MODELS)).toEqual([...KNOWN_MODELS]);
    for (const [name, architecture] of Object.entries(MODELS)) expect(architecture.name).toBe(name);
  });

  it('names the nearest and the legal models where the name is unknown', () => {
    const create = () => createModel(engine, 'resnet19', { classes: 2, seed: 0 });
    expect(create).toThrow(UserError);
    expect(create).toThrow('unknown model "resnet19"; did you mean "resnet18"? (legal: small_cnn, resnet8, resnet20, ');
    expect(() => createModel(engine, 'toString', { classes: 2, seed: 0 })).toThrow(/unknown model/);
  });

  it('names the variants where the variant is unknown', () => {
    expect(() => createModel(engine, 'mobilenet_v2', { classes: 2, seed: 0, variant: 'cocoa' })).toThrow(
      'unknown variant of mobilenet_v2 "cocoa"; did you mean "coco"? (legal: coco)',
    );
    expect(() => createModel(engine, 'resnet20', { classes: 2, seed: 0, variant: 'coco' })).toThrow(UserError);
  });

  it.each([0, -1, 1.5, NaN])('refuses %s classes', (classes) => {
    expect(() => createModel(engine, 'small_cnn', { classes, seed: 0 })).toThrow(UserError);
  });

  it('frees everything it holds', () => {
    const before = engine.tf.memory().numTensors;
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 0 });
    const images = engine.tf.zeros([1, 8, 8, 3]);
    const outputs = [model.forward(images, 'inference'), model.forward(images, 'train')];
    engine.tf.dispose([images, outputs]);
    model.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

describe('newHead', () => {
  it('keeps the backbone and its statistics, and starts every class alike', async () => {
    const engine = await loadEngine({ backend: 'cpu' });
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 0 });
    model.statistics['bn1.running_mean'].assign(engine.tf.fill([32], 0.25));
    const renewed = newHead(model, { classes: 7, seed: 1 });

    const [before, after] = [stateDict(model), stateDict(renewed)];
    for (const name of Object.keys(before).filter((key) => !model.head.includes(key))) {
      expect(after[name]).toEqual(before[name]);
    }
    expect(after['fc.weight'].shape).toEqual([80, 7]);
    expect(Math.max(...after['fc.weight'].values.map(Math.abs))).toBeLessThan(0.05);
    expect([...after['fc.bias'].values]).toEqual(new Array(7).fill(0));
    const images = engine.tf.randomUniform([4, 8, 8, 3], -1, 1, 'float32', 5);
    const probabilities = engine.tf.softmax(renewed.forward(images, 'inference').logits);
    for (const probability of probabilities.dataSync()) expect(probability).toBeCloseTo(1 / 7, 1);
    expect(model.classes).toBe(3);
  });
});
