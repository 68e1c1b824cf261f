import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import type { Backend, Engine, Tensor } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';

/** What the kernels' port promises, with the same numbers on every backend. One backend per process. */
export function kernelsContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  const expectValues = (actual: Tensor, expected: readonly number[], digits = 5) => {
    const values = actual.dataSync();
    expect(values).toHaveLength(expected.length);
    expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, digits));
  };

  it('normalises a batch by its own mean and biased variance, and gives the unbiased variance back', () => {
    // By hand: channel 0 is 1, 2, 3, 4: mean 2.5, variance 5/4 and, unbiased, 5/3. Channel 1 is ten times that.
    const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40], [1, 2, 2, 2]);
    const gamma = tf.tensor1d([1, 2]);
    const beta = tf.tensor1d([0, 5]);
    const { y, mean, variance } = engine.kernels.batchNormTraining(x, gamma, beta, 0.75);
    expectValues(mean, [2.5, 25]);
    expectValues(variance, [5 / 3, 500 / 3], 4);
    const root = Math.sqrt(1.25 + 0.75);
    const wide = Math.sqrt(125 + 0.75);
    const expected = [1, 2, 3, 4].flatMap((v) => [(v - 2.5) / root, (2 * (10 * v - 25)) / wide + 5]);
    expectValues(y, expected);
  });

  it('differentiates batch normalisation as its formula composed of plain operations', () => {
    const inputs = [
      tf.randomNormal([3, 4, 5, 6], 1, 2, 'float32', 1),
      tf.randomNormal([6], 1, 0.2, 'float32', 2),
      tf.randomNormal([6], 0, 0.2, 'float32', 3),
    ];
    const weights = tf.randomNormal([3, 4, 5, 6], 0, 1, 'float32', 4);
    const fused = tf.grads((x, gamma, beta) =>
      engine.kernels
        .batchNormTraining(x as Tensor4D, gamma!, beta!, 1e-3)
        .y.mul(weights)
        .sum(),
    )(inputs);
    const plain = tf.grads((x, gamma, beta) => {
      const { mean, variance } = tf.moments(x!, [0, 1, 2]);
      return x!.sub(mean).mul(variance.add(1e-3).rsqrt()).mul(gamma!).add(beta!).mul(weights).sum();
    })(inputs);
    fused.forEach((gradient, i) => expectValues(gradient, Array.from(plain[i]!.dataSync()), 3));
  });

  it('normalises by given statistics, and differentiates as the formula of plain operations', () => {
    const [mean, variance] = [tf.tensor1d([1, -1, 0]), tf.tensor1d([0.5, 2, 4])];
    const inputs = [
      tf.randomNormal([2, 3, 4, 3], 1, 2, 'float32', 1),
      tf.randomNormal([3], 1, 0.2, 'float32', 2),
      tf.randomNormal([3], 0, 0.2, 'float32', 3),
    ];
    const weights = tf.randomNormal([2, 3, 4, 3], 0, 1, 'float32', 4);
    const fused = (x: Tensor, gamma: Tensor, beta: Tensor): Tensor =>
      engine.kernels.batchNormFrozen(x as Tensor4D, gamma, beta, mean, variance, 1e-3);
    const plain = (x: Tensor, gamma: Tensor, beta: Tensor): Tensor =>
      x.sub(mean).mul(variance.add(1e-3).rsqrt()).mul(gamma).add(beta);
    const results = [fused, plain].map((normalise) =>
      tf.valueAndGrads((...args) =>
        normalise(...(args as [Tensor, Tensor, Tensor]))
          .mul(weights)
          .sum(),
      )(inputs),
    );
    expectValues(results[0]!.value, Array.from(results[1]!.value.dataSync()), 4);
    results[0]!.grads.forEach((gradient, i) => expectValues(gradient, Array.from(results[1]!.grads[i]!.dataSync()), 4));
  });

  it('differentiates a frozen normalisation with the statistics that it was computed with', () => {
    const x = tf.ones([1, 2, 2, 1]) as Tensor4D;
    const variance = tf.variable(tf.tensor1d([4]), false);
    const gradient = tf.grad((x) => {
      const y = engine.kernels.batchNormFrozen(x as Tensor4D, tf.ones([1]), tf.zeros([1]), tf.zeros([1]), variance, 0);
      variance.assign(tf.tensor1d([16]));
      return y;
    })(x);
    expectValues(gradient, [0.5, 0.5, 0.5, 0.5]);
  });

  it('differentiates means and sums over any axes', () => {
    const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 60], [1, 2, 2, 2]);
    const pool = tf.valueAndGrad((x) => x.mean([1, 2]))(x, tf.tensor2d([[4, 8]]));
    expectValues(pool.value, [3, 30]);
    expectValues(pool.grad, [1, 2, 1, 2, 1, 2, 1, 2]);
    expect(pool.grad.shape).toEqual([1, 2, 2, 2]);
    expectValues(tf.grad((x) => x.mean())(x), new Array<number>(8).fill(1 / 8));
    const weights = tf.tensor([1, 2, 3, 4], [1, 2, 2, 1]);
    expectValues(tf.grad((x) => x.sum(-1, true).mul(weights))(x), [1, 1, 2, 2, 3, 3, 4, 4]);
    expectValues(tf.grad((x) => x.sum())(tf.scalar(3)), [1]);
  });

  it('drops elements by (seed, step, stream) alone, scales the others up, and drops their gradients with them', () => {
    const x = tf.fill([20, 50], 3);
    const drop = (step: number, stream = 5) =>
      tf.valueAndGrad((x) => engine.kernels.dropout(x, 0.25, 42, tf.scalar(step, 'int32'), stream))(x);
    const { value, grad } = drop(7);
    const values = Array.from(value.dataSync());
    expect([...new Set(values)].sort()).toEqual([0, 4]);
    expectValues(
      grad,
      values.map((kept) => kept / 3),
    );
    // Of 1,000 elements 750 ± 14 are kept (one standard deviation).
    expect(Math.abs(values.filter((kept) => kept > 0).length - 750)).toBeLessThan(60);
    expect(Array.from(drop(7).value.dataSync())).toEqual(values);
    expect(Array.from(drop(8).value.dataSync())).not.toEqual(values);
    expect(Array.from(drop(7, 6).value.dataSync())).not.toEqual(values);
  });

  it('drops nothing at a rate of 0, and refuses a rate of 1', () => {
    const x = tf.tensor1d([1, 2]);
    const step = tf.scalar(0, 'int32');
    const { value, grad } = tf.valueAndGrad((x) => engine.kernels.dropout(x, 0, 1, step, 0))(x);
    expectValues(value, [1, 2]);
    expectValues(grad, [1, 1]);
    expect(() => engine.kernels.dropout(x, 1, 1, step, 0)).toThrow('at least 0 and below 1, got 1');
  });

  it('hands its tensors to the scope around it', () => {
    const x = tf.ones([2, 3, 3, 4]) as Tensor4D;
    const [gamma, beta] = [tf.ones([4]), tf.zeros([4])];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      engine.kernels.batchNormTraining(x, gamma!, beta!, 1e-3);
      tf.grad((x) => engine.kernels.batchNormTraining(x as Tensor4D, gamma!, beta!, 1e-3).y.sum())(x);
      tf.grad((x) => engine.kernels.biasAdd(x, beta!).sum())(x);
      tf.grad((x) => engine.kernels.batchNormFrozen(x as Tensor4D, gamma!, beta!, beta!, gamma!, 1e-3))(x);
      tf.grad((x) => x.mean([1, 2]).sum())(x);
      tf.grad((x) => engine.kernels.dropout(x, 0.5, 1, tf.scalar(0, 'int32'), 0))(x);
      tf.grad((x) => engine.kernels.sumOfSquares(x))(x);
    });
    expect(tf.memory().numTensors).toBe(before);
    // Without a scope of the caller's, nothing is left but the results.
    const results = [
      engine.kernels.batchNormFrozen(x, gamma!, beta!, beta!, gamma!, 1e-3),
      tf.softmax(x),
      engine.kernels.dropout(x, 0, 1, beta!, 0),
      engine.kernels.sumOfSquares(x),
    ];
    expect(tf.memory().numTensors).toBe(before + results.length);
    tf.dispose(results);
    tf.tidy(() => {});
    expect(tf.memory().numTensors).toBe(before);
  });

  it('adds a bias, and sums its gradient over all other axes', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    expectValues(engine.kernels.biasAdd(x, tf.tensor1d([10, 20])), [11, 22, 13, 24, 15, 26]);
    const [dx, dBias] = tf.grads((x, bias) => engine.kernels.biasAdd(x!, bias!).square().sum())([
      x,
      tf.tensor1d([10, 20]),
    ]);
    expectValues(dx!, [22, 44, 26, 48, 30, 52]);
    expectValues(dBias!, [22 + 26 + 30, 44 + 48 + 52]);
  });

  it('gives the cross-entropy of hard and soft targets, and gradients to both sides', () => {
    // By hand: softmax(ln 1, ln 3) = (1/4, 3/4).
    const logits = tf.tensor2d([
      [Math.log(1), Math.log(3)],
      [0, 0],
    ]);
    const targets = tf.tensor2d([
      [0, 1],
      [0.5, 0.5],
    ]);
    expectValues(engine.kernels.softmaxCrossEntropy(logits, targets), [-Math.log(0.75), Math.log(2)]);
    const [dLogits, dTargets] = tf.grads((logits, targets) =>
      engine.kernels.softmaxCrossEntropy(logits as Tensor2D, targets as Tensor2D).sum(),
    )([logits, targets]);
    expectValues(dLogits!, [0.25, -0.25, 0, 0]);
    expectValues(dTargets!, [Math.log(4), -Math.log(0.75), Math.log(2), Math.log(2)]);
  });

  it('stays finite for logits that overflow an exponential', () => {
    const logits = tf.tensor2d([[1000, 0]]);
    expectValues(engine.kernels.softmaxCrossEntropy(logits, tf.tensor2d([[0, 1]])) as Tensor1D, [1000], 2);
  });

  it('sums squares, and differentiates the sum', () => {
    const x = tf.tensor2d([1, -2, 3, 0.5], [2, 2]);
    expectValues(engine.kernels.sumOfSquares(x), [14.25]);
    expect(engine.kernels.sumOfSquares(x).shape).toEqual([]);
    expectValues(tf.grad((x) => engine.kernels.sumOfSquares(x).mul(3))(x), [6, -12, 18, 3]);
  });

  it('draws numbers that depend on seed, step and stream alone, the same on every backend', () => {
    const draw = (seed: number, step: number, stream: number) =>
      Array.from(engine.kernels.randomUniform([2, 3], seed, tf.scalar(step, 'int32'), stream).dataSync());
    // TensorFlow 2.21's StatelessRandomUniform.
    const expected = [0.6780815, 0.172086, 0.314443, 0.3481325, 0.4496021, 0.0010099];
    draw(42, 7, 3).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
    expect(draw(42, 7, 3)).toEqual(draw(42, 7, 3));
    expect(draw(42, 7, 4)).not.toEqual(draw(42, 7, 3));
    expect(draw(42, 8, 3)).not.toEqual(draw(42, 7, 3));
    expect(draw(43, 7, 3)).not.toEqual(draw(42, 7, 3));
    expect(draw(-1, 0, 0).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('draws the same numbers whether the seed is a number or a tensor', () => {
    const draw = (seed: number | Tensor) =>
      Array.from(engine.kernels.randomUniform([5], seed, tf.scalar(7, 'int32'), 3).dataSync());
    for (const seed of [0, 42, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(draw(tf.scalar(seed, 'int32'))).toEqual(draw(seed));
    }
  });

  it('draws uniform numbers: mean 1/2 and variance 1/12', () => {
    const values = engine.kernels.randomUniform([100_000], 1, tf.scalar(0, 'int32'), 0);
    const { mean, variance } = tf.moments(values);
    expectValues(mean, [0.5], 2);
    expectValues(variance, [1 / 12], 2);
  });

  it('differentiates relu and relu6 with no gradient at and beyond their ends', () => {
    const x = tf.tensor1d([-1, 0, 3, 6, 7]);
    expectValues(tf.grad((x) => tf.relu(x))(x), [0, 0, 1, 1, 1]);
    expectValues(tf.grad((x) => tf.relu6(x))(tf.tensor1d([-1, 0, 3, 7])), [0, 0, 1, 0]);
  });
}
