import { readFileSync } from 'node:fs';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../capture/create-program.js';
import type { Backend, Engine, Tensor } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { OptimizerOptions } from '../optimizer.js';
import { createOptimizer } from './create-optimizer.js';

type Values = Record<string, number[]>;

interface BatchNormCase {
  y: number[];
  /** Of x, gamma and beta, for Σ y · weights. */
  gradients: number[][];
  runningMean: number[];
  runningVariance: number[];
}

/** What PyTorch computes, as golden/make_golden.py wrote it down. Tensors are row after row, images NHWC. */
export interface Golden {
  madeBy: string;
  optimizers: {
    learningRate: number;
    biasFactor: number;
    shapes: Values;
    start: Values;
    gradients: Values[];
    cases: { options: OptimizerOptions; after: [Values, Values] }[];
  };
  batchNorm: {
    shape: [number, number, number, number];
    epsilon: number;
    momentum: number;
    x: number[];
    gamma: number[];
    beta: number[];
    mean: number[];
    variance: number[];
    weights: number[];
    training: BatchNormCase;
    frozen: BatchNormCase;
  };
  softCrossEntropy: Record<'logits' | 'targets' | 'weights' | 'loss' | 'gradient', number[]> & {
    shape: [number, number];
  };
  schedules: {
    epochs: number;
    cosine: number[];
    linear: number[];
    milestones: number[];
    gamma: number;
    step: number[];
  };
}

export const golden = JSON.parse(readFileSync(new URL('../../golden/pytorch.json', import.meta.url), 'utf8')) as Golden;

/** Absolute below 1, relative above. */
const TOLERANCE = 1e-5;

export function expectClose(actual: ArrayLike<number>, expected: readonly number[], what = 'number'): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i]! - value);
    expect(error, `${what} ${i}: ${actual[i]}, not ${value}`).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
  });
}

/** Optimizers, batch normalisation and the loss compute what PyTorch computes. One backend per process. */
export function pytorchContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  const { optimizers, batchNorm, softCrossEntropy } = golden;

  describe('an optimizer makes the steps of PyTorch', () => {
    const { shapes, start, gradients, learningRate } = optimizers;
    const named = optimizers.cases.map(({ options, after }) => ({ name: JSON.stringify(options), options, after }));

    it.each(named)('$name', ({ options, after }) => {
      const names = Object.keys(start);
      const parameters = Object.fromEntries(
        names.map((name) => [name, tf.variable(tf.tensor(start[name]!, shapes[name]))]),
      );
      const optimizer = createOptimizer(engine, parameters, {
        ...options,
        learningRateFactors: { bias: optimizers.biasFactor },
      });
      const inputs = Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }]));
      const program = createProgram(engine, {
        state: { ...parameters, ...optimizer.slots },
        functions: {
          step: {
            inputs: { ...inputs, learningRate: { shape: [] } },
            run: ({ learningRate, ...given }) => {
              optimizer.apply(given, learningRate!);
              return {};
            },
          },
        },
      });
      const found = gradients.map((step) => {
        const given = Object.fromEntries(names.map((name) => [name, tf.tensor(step[name]!, shapes[name])]));
        program.call('step', { ...given, learningRate: tf.scalar(learningRate) });
        program.pull();
        return Object.fromEntries(names.map((name) => [name, parameters[name]!.dataSync()]));
      });
      [found.at(0)!, found.at(-1)!].forEach((values, i) =>
        names.forEach((name) => expectClose(values[name]!, after[i]![name]!, name)),
      );
      program.dispose();
    });
  });

  describe('batch normalisation is that of PyTorch', () => {
    const { shape, epsilon, momentum } = batchNorm;
    const inputs = () => [tf.tensor4d(batchNorm.x, shape), tf.tensor1d(batchNorm.gamma), tf.tensor1d(batchNorm.beta)];
    type Normalise = (x: Tensor, gamma: Tensor, beta: Tensor) => Tensor;

    function expectCase(normalise: Normalise, { y, gradients }: BatchNormCase): void {
      expectClose(normalise(...(inputs() as [Tensor, Tensor, Tensor])).dataSync(), y, 'y');
      const weights = tf.tensor4d(batchNorm.weights, shape);
      const weighted = (...args: Tensor[]) =>
        normalise(...(args as [Tensor, Tensor, Tensor]))
          .mul(weights)
          .sum();
      tf.grads(weighted)(inputs()).forEach((gradient, i) => expectClose(gradient.dataSync(), gradients[i]!));
    }

    it('with frozen statistics', () => {
      const [mean, variance] = [tf.tensor1d(batchNorm.mean), tf.tensor1d(batchNorm.variance)];
      expectCase(
        (x, gamma, beta) => engine.kernels.batchNormFrozen(x as Tensor4D, gamma, beta, mean, variance, epsilon),
        batchNorm.frozen,
      );
    });

    it('in training, with its running statistics', () => {
      const normalise = (x: Tensor, gamma: Tensor, beta: Tensor) =>
        engine.kernels.batchNormTraining(x as Tensor4D, gamma, beta, epsilon);
      expectCase((...args) => normalise(...args).y, batchNorm.training);
      const { mean, variance } = normalise(...(inputs() as [Tensor, Tensor, Tensor]));
      const moved = (running: number[], batch: Tensor) =>
        tf
          .tensor1d(running)
          .mul(1 - momentum)
          .add(batch.mul(momentum))
          .dataSync();
      expectClose(moved(batchNorm.mean, mean), batchNorm.training.runningMean, 'mean');
      expectClose(moved(batchNorm.variance, variance), batchNorm.training.runningVariance, 'variance');
    });
  });

  it('computes the cross-entropy of soft targets that PyTorch computes', () => {
    const { shape, logits, targets, weights, loss, gradient } = softCrossEntropy;
    const compute = (z: Tensor): Tensor1D =>
      engine.kernels.softmaxCrossEntropy(z as Tensor2D, tf.tensor2d(targets, shape));
    const z = tf.tensor2d(logits, shape);
    expectClose(compute(z).dataSync(), loss);
    expectClose(
      tf
        .grad((z) => compute(z).mul(tf.tensor1d(weights)))(z)
        .dataSync(),
      gradient,
    );
  });
}
