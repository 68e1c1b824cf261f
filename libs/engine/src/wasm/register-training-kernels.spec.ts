import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor4D } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../engine.js';
import { exampleOperands, gradientExamples, opExamples } from '../capture/op-examples.js';
import { loadEngine } from '../load/load-engine.js';

// The oracle is tfjs's `cpu` backend: plain loops that follow the definitions.
const tfjs = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
let tf: Tf;
beforeAll(async () => {
  ({ tf } = await loadEngine({ backend: 'wasm' }));
});

async function on(backend: 'wasm' | 'cpu', compute: () => Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  (tf.backend() as unknown as { firstUse?: boolean }).firstUse = false;
  const results = tf.tidy(compute);
  const values = results.map((tensor) => Float32Array.from(tensor.dataSync()));
  tf.dispose(results);
  await tf.setBackend('wasm');
  return values;
}

function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  actual.forEach((values, i) => {
    const scale = expected[i]!.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
    const error = values.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[i]![at]!)), 0);
    expect(error / scale).toBeLessThan(1e-4);
  });
}

async function expectOracle(compute: () => Tensor[]): Promise<void> {
  const kept = tf.memory().numTensors;
  expectClose(await on('wasm', compute), await on('cpu', compute));
  expect(tf.memory().numTensors).toBe(kept);
}

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const sizes = [
  [5, 6],
  [8, 8],
] as const;

describe.each(sizes)('on images of %i×%i', (height, width) => {
  describe.each([1, 2, 3])('with stride %i', (stride) => {
    it.each(['same', 'valid', 1] as const)('gives the gradients of convolutions with padding %s', async (pad) => {
      // A 2×2 filter under a stride of 3 is left out: there tfjs's own forward kernel and its oracle disagree.
      for (const kernel of stride === 3 ? [1, 3, 5] : [1, 2, 3, 5]) {
        await expectOracle(() =>
          tf.grads((x, filter) =>
            tf
              .conv2d(x as Tensor4D, filter as Tensor4D, stride, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined)
              .square(),
          )([normal([2, height, width, 3], 1), normal([kernel, kernel, 3, 4], 2)]),
        );
      }
    });

    it.each(['same', 'valid'] as const)(
      'gives the gradients of depthwise convolutions with padding %s',
      async (pad) => {
        for (const multiplier of [1, 2]) {
          await expectOracle(() =>
            tf.grads((x, filter) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, pad).square())([
              normal([2, height, width, 3], 3),
              normal([3, 3, 3, multiplier], 4),
            ]),
          );
        }
      },
    );

    it.each(['same', 'valid'] as const)('gives the gradients of pooling with padding %s', async (pad) => {
      for (const size of [2, 3]) {
        // Below zero throughout: the largest value of a window is negative.
        const x = () => normal([2, height, width, 3], 5).sub(5);
        await expectOracle(() => [tf.grad((x) => tf.maxPool(x as Tensor4D, size, stride, pad).square())(x())]);
        await expectOracle(() => [tf.grad((x) => tf.avgPool(x as Tensor4D, size, stride, pad).square())(x())]);
      }
    });
  });
});

it('gives the gradient of max pooling to the first of equal values, as the oracle does', async () => {
  await expectOracle(() => [tf.grad((x) => tf.maxPool(x as Tensor4D, 2, 2, 'same'))(tf.ones([1, 4, 4, 2]))]);
});

it('gives the sign of numbers of any size', async () => {
  const small = [1, 1e-7, 1e-8, 1e-20, 1e-40];
  await expectOracle(() => [tf.tensor1d([...small, 0, ...small.map((x) => -x), Infinity]).sign()]);
});

it('multiplies transposed matrices, batched and not', async () => {
  for (const [transposeA, transposeB] of [
    [true, false],
    [false, true],
    [true, true],
  ]) {
    await expectOracle(() => {
      const a = normal(transposeA ? [3, 4, 5] : [3, 5, 4], 6);
      const b = normal(transposeB ? [3, 6, 4] : [3, 4, 6], 7);
      const [first, second] = [a, b].map((x) => x.slice([0, 0, 0], [1, -1, -1]).squeeze([0]));
      return [tf.matMul(a, b, transposeA, transposeB), tf.matMul(first!, second!, transposeA, transposeB)];
    });
  }
});

it('gives the gradient of gathering rows', async () => {
  await expectOracle(() => [tf.grad((x) => tf.gather(x, [0, 2, 2, 1]).square())(normal([4, 3], 8))]);
});

const examples = opExamples(tfjs);
const ops = { ...examples.differentiable, ...examples.others };
const gradients = gradientExamples(tfjs);

describe('an op gives what the oracle gives', () => {
  it.each(Object.keys(ops))('%s', (name) => expectOracle(() => [ops[name]!(exampleOperands(tf))]));
});

describe('a gradient is what the oracle gives', () => {
  it.each(Object.keys(gradients))('%s', (name) => expectOracle(() => [gradients[name]!(exampleOperands(tf))]));
});
