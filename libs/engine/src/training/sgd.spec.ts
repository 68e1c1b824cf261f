import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { createSgd } from './sgd.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ backend: 'cpu' });
});

/** The weight after each of three steps with the gradients 1, 2 and 3 from 1, at a learning rate of 0.1. */
function steps(momentum: number, nesterov: boolean, factor?: number): number[] {
  const { tf } = engine;
  const w = tf.variable(tf.scalar(1));
  const learningRateFactors = factor === undefined ? undefined : { w: factor };
  const optimizer = createSgd(engine, { w }, { momentum, nesterov, learningRateFactors });
  return [1, 2, 3].map((gradient) => {
    optimizer.apply({ w: tf.scalar(gradient) }, tf.scalar(0.1));
    return w.dataSync()[0]!;
  });
}

const expectClose = (actual: number[], expected: number[]) =>
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));

describe('createSgd', () => {
  // By hand from PyTorch's formula: v = 1, 2.9, 5.61 with a momentum of 0.9.
  it('steps along the gradient without momentum, and has no slots', () => {
    expectClose(steps(0, false), [0.9, 0.7, 0.4]);
    const w = engine.tf.variable(engine.tf.scalar(1));
    expect(createSgd(engine, { w }, { momentum: 0, nesterov: false }).slots).toEqual({});
  });

  it('steps along the velocity with momentum', () => {
    expectClose(steps(0.9, false), [0.9, 0.61, 0.049]);
  });

  it('looks ahead with Nesterov: g + μ·v', () => {
    expectClose(steps(0.9, true), [1 - 0.19, 1 - 0.19 - 0.461, 1 - 0.19 - 0.461 - 0.8049]);
  });

  it('multiplies the learning rate of the parameters that have a factor', () => {
    expectClose(steps(0.9, false, 10), [0, -2.9, -8.51]);
  });

  it('names its slots after the parameters', () => {
    const w = engine.tf.variable(engine.tf.zeros([2, 3]));
    const { slots } = createSgd(engine, { 'conv1.weight': w }, { momentum: 0.9, nesterov: false });
    expect(Object.keys(slots)).toEqual(['momentum/conv1.weight']);
    expect(slots['momentum/conv1.weight']!.shape).toEqual([2, 3]);
  });

  it('names the parameter that got no gradient, and the factor that has no parameter', () => {
    const w = engine.tf.variable(engine.tf.scalar(1));
    const options = { momentum: 0.9, nesterov: false };
    expect(() => createSgd(engine, { w }, options).apply({}, engine.tf.scalar(1))).toThrow('no gradient for w');
    expect(() => createSgd(engine, { w }, { ...options, learningRateFactors: { v: 1 } })).toThrow('no parameter: v');
  });

  it('keeps no tensor but its slots', () => {
    const { tf } = engine;
    const w = tf.variable(tf.zeros([3]));
    const [gradient, rate] = [tf.ones([3]), tf.scalar(0.1)];
    const optimizer = createSgd(engine, { w }, { momentum: 0.9, nesterov: true });
    const before = tf.memory().numTensors;
    optimizer.apply({ w: gradient }, rate);
    expect(tf.memory().numTensors).toBe(before);
  });
});
