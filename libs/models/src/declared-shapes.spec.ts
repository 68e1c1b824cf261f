import { describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { loadEngine } from '#engine';
import { createModel } from './create-model.js';
import { declaredShapes } from './declared-shapes.js';

const engine = await loadEngine({ backend: 'cpu' });

describe('declaredShapes', () => {
  it.each([
    ['small_cnn', undefined],
    ['mobilenet_v2', 'coco'],
    ['mobilenet_v3_small', undefined],
  ])('knows what %s (variant %s) declares, without an engine', (name, variant) => {
    const model = createModel(engine, name, { classes: 3, seed: 0, variant });
    const { shapes, statistics, classifier } = declaredShapes(name, { classes: 3, variant });
    const variables = Object.entries({ ...model.parameters, ...model.statistics });
    expect(shapes).toEqual(Object.fromEntries(variables.map(([key, { shape }]) => [key, shape])));
    expect([...statistics]).toEqual(Object.keys(model.statistics));
    expect([`${classifier}.weight`, `${classifier}.bias`]).toEqual(model.head);
    model.dispose();
  });

  it('lists the architectures where the name is unknown', () => {
    expect(() => declaredShapes('resnet_18', { classes: 3 })).toThrow(UserError);
  });
});
