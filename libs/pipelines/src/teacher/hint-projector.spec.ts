import { beforeAll, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { hintProjector } from './hint-projector.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

it('makes of features of the size 1 projections of the size 1, by its seed', () => {
  const { tf } = engine;
  const weights = (seed: number) => {
    const { parameters, project, dispose } = hintProjector(engine, { inputs: 64, outputs: 50, seed });
    const values = Array.from(parameters['hint.weight'].dataSync());
    expect(project(tf.ones([3, 64])).shape).toEqual([3, 50]);
    dispose();
    return values;
  };
  const found = weights(1);
  expect(weights(1)).toEqual(found);
  expect(weights(2)).not.toEqual(found);
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length;
  // 3,200 numbers: the variance of 1/64 is met within 3 %, the mean within 0.002.
  expect(variance * 64).toBeCloseTo(1, 1);
  expect(Math.abs(mean)).toBeLessThan(0.01);
});
