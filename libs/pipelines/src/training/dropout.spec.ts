import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { dropout, headLogits } from './dropout.js';

describe('dropout', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it('drops about its share of the features, others at each step, and the same at the same step', () => {
    const { tf } = engine;
    const dropped = (seed: number, step: number) => {
      const drop = dropout(engine, 0.25, { seed, step: tf.scalar(step, 'int32') })!;
      return [...drop(tf.ones([64, 64])).dataSync()];
    };
    const first = dropped(1, 0);
    expect(dropped(1, 0)).toEqual(first);
    expect(dropped(1, 1)).not.toEqual(first);
    expect(dropped(2, 0)).not.toEqual(first);
    // 4,096 draws: a standard deviation of 0.7 %.
    expect(first.filter((value) => value === 0).length / 4096).toBeCloseTo(0.25, 1);
    expect(new Set(first.map((value) => value.toFixed(5)))).toEqual(new Set(['0.00000', '1.33333']));
  });

  it('is nothing at all at a rate of 0', () => {
    expect(dropout(engine, 0, { seed: 1, step: engine.tf.scalar(0, 'int32') })).toBeUndefined();
  });

  it.each(['small_cnn', 'mobilenet_v2'])('knows how %s makes logits of its features', (name) => {
    const { tf } = engine;
    const model = createModel(engine, name, { classes: 5, seed: 3 });
    const { logits, features } = model.forward(tf.randomNormal([2, 32, 32, 3], 0, 1, 'float32', 1), 'inference');
    expectClose(headLogits(model, features).dataSync(), logits.dataSync());
    model.dispose();
  });
});
