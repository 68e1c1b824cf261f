import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { OptimizerOptions } from '../optimizer.js';
import { createOptimizer } from './create-optimizer.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ backend: 'cpu' });
});

const sgd = { kind: 'sgd', momentum: 0.9, nesterov: false } as const;
const adamw = { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const lars = { kind: 'lars', momentum: 0.9, trustCoefficient: 0.001 } as const;

/** The weight after each of three steps with the gradients 1, 2 and 3 from 1, at a learning rate of 0.1. */
function steps(options: OptimizerOptions, shape: number[] = []): number[] {
  const { tf } = engine;
  const w = tf.variable(tf.ones(shape));
  const optimizer = createOptimizer(engine, { w }, options);
  return [1, 2, 3].map((gradient) => {
    optimizer.apply({ w: tf.fill(shape, gradient) }, tf.scalar(0.1));
    return w.dataSync()[0]!;
  });
}

const expectClose = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 6));

const variable = (values: number[], shape?: number[]) => engine.tf.variable(engine.tf.tensor(values, shape));

/** How far one step moves each parameter. */
function moved(parameters: Record<string, Variable>, gradients: Record<string, Tensor>, options: OptimizerOptions) {
  const { tf } = engine;
  const before = Object.fromEntries(Object.entries(parameters).map(([name, w]) => [name, w.clone()]));
  createOptimizer(engine, parameters, options).apply(gradients, tf.scalar(1));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, w]) => [name, [...before[name]!.sub(w).dataSync()]]),
  );
}

describe('createOptimizer', () => {
  // By hand from PyTorch's formula: v = 1, 2.9, 5.61 with a momentum of 0.9.
  it('steps along the gradient without momentum, and has no slots', () => {
    expectClose(steps({ ...sgd, momentum: 0 }), [0.9, 0.7, 0.4]);
    expect(createOptimizer(engine, { w: variable([1]) }, { ...sgd, momentum: 0 }).slots).toEqual({});
  });

  it('steps along the velocity with momentum', () => {
    expectClose(steps(sgd), [0.9, 0.61, 0.049]);
  });

  it('looks ahead with Nesterov: g + μ·v', () => {
    expectClose(steps({ ...sgd, nesterov: true }), [1 - 0.19, 1 - 0.19 - 0.461, 1 - 0.19 - 0.461 - 0.8049]);
  });

  it('multiplies the learning rate of the parameters that have a factor', () => {
    expectClose(steps({ ...sgd, learningRateFactors: { w: 10 } }), [0, -2.9, -8.51]);
  });

  it('moves each weight by about the learning rate at first, with AdamW, however large the gradient', () => {
    for (const size of [1e-4, 1, 1e4]) {
      const { w } = moved({ w: variable([1, 1]) }, { w: engine.tf.tensor([size, -size]) }, adamw);
      expect(w![0]).toBeCloseTo(1, 3);
      expect(w![1]).toBeCloseTo(-1, 3);
    }
  });

  it('moves an adapted weight by η·‖w‖, with LARS, however large the gradient', () => {
    // ‖w‖ = 5; η = 0.001; the gradient only gives the direction (0.6, 0.8).
    for (const size of [1e-2, 1, 1e4]) {
      const w = variable([3, 4], [1, 2]);
      const gradients = { w: engine.tf.tensor([0.6 * size, 0.8 * size], [1, 2]) };
      const { w: by } = moved({ w }, gradients, { ...lars, trustCoefficient: 0.1 });
      expectClose(by!, [0.3, 0.4]);
    }
  });

  it('takes plain steps, with LARS, where a weight or its gradient is zero', () => {
    const { tf } = engine;
    const parameters = { zero: variable([0, 0], [1, 2]), still: variable([3, 4], [1, 2]) };
    const by = moved(parameters, { zero: tf.tensor([[0.5, 0]]), still: tf.tensor([[0, 0]]) }, lars);
    expectClose(by.zero!, [0.5, 0]);
    expectClose(by.still!, [0, 0]);
  });

  it.each([
    ['sgd', sgd],
    ['adamw', adamw],
    ['lars', lars],
  ])('decays what has two dimensions or more, and no bias, with %s', (_, options) => {
    const { tf } = engine;
    const parameters = () => ({ weight: variable([2, 2], [1, 2]), bias: variable([2, 2]) });
    const gradients = { weight: tf.zeros([1, 2]), bias: tf.zeros([2]) };
    const by = moved(parameters(), gradients, { ...options, weightDecay: 0.25 });
    expect(by.weight![0]).toBeGreaterThan(0);
    expectClose(by.bias!, [0, 0]);
    const other = moved(parameters(), gradients, { ...options, weightDecay: 0.25, decayed: (name) => name === 'bias' });
    expectClose(other.weight!, [0, 0]);
    expect(other.bias![0]).toBeGreaterThan(0);
  });

  it('scales gradients whose common norm is too large, and leaves smaller ones as they are', () => {
    const { tf } = engine;
    // The norm of (3, 0) and (0, 4) together is 5.
    const gradients = { a: tf.tensor([3, 0]), b: tf.tensor([0, 4]) };
    const parameters = () => ({ a: variable([0, 0]), b: variable([0, 0]) });
    const clipped = moved(parameters(), gradients, { ...sgd, clipNorm: 1 });
    expectClose(clipped.a!, [0.6, 0]);
    expectClose(clipped.b!, [0, 0.8]);
    expect(moved(parameters(), gradients, { ...sgd, clipNorm: 6 })).toEqual({ a: [3, 0], b: [0, 4] });
  });

  it('names its slots after the parameters', () => {
    const parameters = { 'conv1.weight': variable([0, 0, 0, 0, 0, 0], [2, 3]) };
    const slots = (options: OptimizerOptions) =>
      Object.entries(createOptimizer(engine, parameters, options).slots).map(([name, { shape }]) => [name, shape]);
    expect(slots(sgd)).toEqual([['momentum/conv1.weight', [2, 3]]]);
    expect(slots(lars)).toEqual([['momentum/conv1.weight', [2, 3]]]);
    expect(slots(adamw)).toEqual([
      ['adamw/steps', []],
      ['firstMoment/conv1.weight', [2, 3]],
      ['secondMoment/conv1.weight', [2, 3]],
    ]);
  });

  it('names the parameter that got no gradient, and the factor that has no parameter', () => {
    const w = variable([1]);
    expect(() => createOptimizer(engine, { w }, sgd).apply({}, engine.tf.scalar(1))).toThrow('no gradient for w');
    const factors = { ...sgd, learningRateFactors: { v: 1 } };
    expect(() => createOptimizer(engine, { w }, factors)).toThrow('no parameter: v');
  });

  it.each<[string, OptimizerOptions]>([
    ['momentum must be at least 0 and below 1, got 1', { ...sgd, momentum: 1 }],
    ['beta2 must be at least 0 and below 1, got -1', { ...adamw, beta2: -1 }],
    ['epsilon must be a positive number, got 0', { ...adamw, epsilon: 0 }],
    ['trustCoefficient must be a positive number', { ...lars, trustCoefficient: NaN }],
    ['clipNorm must be a positive number, got 0', { ...sgd, clipNorm: 0 }],
    ['weightDecay must be 0 or a positive number, got -1', { ...sgd, weightDecay: -1 }],
  ])('says that %s', (message, options) => {
    expect(() => createOptimizer(engine, { w: variable([1]) }, options)).toThrow(message);
  });

  it.each([sgd, adamw, lars])('keeps no tensor but its slots: $kind', (options) => {
    const { tf } = engine;
    const w = tf.variable(tf.zeros([3, 1]));
    const [gradient, rate] = [tf.ones([3, 1]), tf.scalar(0.1)];
    const optimizer = createOptimizer(engine, { w }, { ...options, weightDecay: 0.1, clipNorm: 1 });
    const before = tf.memory().numTensors;
    optimizer.apply({ w: gradient }, rate);
    expect(tf.memory().numTensors).toBe(before);
  });
});
