import { createRequire } from 'node:module';
import type { GradConfig, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Engine, Kernels, Tensor, Tf } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { composedKernels } from './composed-kernels.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
/** tfjs's own gradients, whose place TensorFlow's take when it is loaded. */
const ownGradients = ['Relu', 'Relu6'].map((kernel) => tf.getGradient(kernel));
const tensorflow = await testTensorflow();

/** Of the largest absolute value of the tensor that is compared: what cancels out in it is as exact as that allows. */
const TOLERANCE = 1e-5;

const normal = (shape: number[], seed: number, mean = 0) => tf.randomNormal(shape, mean, 1, 'float32', seed);
const step = () => tf.scalar(7, 'int32');
/** Positive, as variances are. */
const variance = (channels: number) => normal([channels], 5).square().add(0.1);

interface Use {
  inputs(): Tensor[];
  /** The tensors that are differentiated with respect to the inputs come first, `differentiable` of them. */
  run(kernels: Kernels, inputs: Tensor[]): Tensor[];
  differentiable: number;
}

/** Every kernel of the port, on maps `[batch, height, width, channels]`. */
const usesOn = ([batch, height, width, channels]: readonly [number, number, number, number]): Record<
  keyof Kernels | 'relu' | 'relu6',
  Use
> => {
  const maps = (mean = 0) => normal([batch, height, width, channels], 1, mean);
  const scaleAndShift = () => [normal([channels], 2, 1), normal([channels], 3)];
  return {
    batchNormTraining: {
      inputs: () => [maps(0.5), ...scaleAndShift()],
      run: (kernels, [x, gamma, beta]) => {
        const { y, mean, variance } = kernels.batchNormTraining(x as Tensor4D, gamma!, beta!, 1e-5);
        return [y, mean, variance];
      },
      differentiable: 1,
    },
    batchNormFrozen: {
      inputs: () => [maps(0.5), ...scaleAndShift()],
      run: (kernels, [x, gamma, beta]) => [
        kernels.batchNormFrozen(x as Tensor4D, gamma!, beta!, normal([channels], 4), variance(channels), 1e-3),
      ],
      differentiable: 1,
    },
    biasAdd: {
      inputs: () => [maps(), normal([channels], 2)],
      run: (kernels, [x, bias]) => [kernels.biasAdd(x!, bias!)],
      differentiable: 1,
    },
    dropout: {
      inputs: () => [maps()],
      run: (kernels, [x]) => [kernels.dropout(x!, 0.3, 42, step(), 5)],
      differentiable: 1,
    },
    randomUniform: {
      inputs: () => [],
      run: (kernels) => [
        kernels.randomUniform([batch, channels], 42, step(), 3),
        kernels.randomUniform([batch, channels], tf.scalar(42, 'int32'), step(), 3),
      ],
      differentiable: 0,
    },
    softmaxCrossEntropy: {
      inputs: () => [normal([batch, channels], 1).mul(4), normal([batch, channels], 2).softmax()],
      run: (kernels, [logits, targets]) => [kernels.softmaxCrossEntropy(logits as Tensor2D, targets as Tensor2D)],
      differentiable: 1,
    },
    sumOfSquares: {
      inputs: () => [maps()],
      run: (kernels, [x]) => [kernels.sumOfSquares(x!)],
      differentiable: 1,
    },
    relu: { inputs: () => [maps()], run: (_, [x]) => [tf.relu(x!)], differentiable: 1 },
    relu6: { inputs: () => [maps().mul(6)], run: (_, [x]) => [tf.relu6(x!)], differentiable: 1 },
  };
};

describe.skipIf(tensorflow === undefined)("TensorFlow's kernels give what plain loops give, composed", () => {
  let engine: Engine;
  let tensorflowGradients: (GradConfig | undefined)[];
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
    tensorflowGradients = ['Relu', 'Relu6'].map((kernel) => tf.getGradient(kernel));
  });

  function register(gradients: readonly (GradConfig | undefined)[]): void {
    for (const gradient of gradients) {
      tf.unregisterGradient(gradient!.kernelName);
      tf.registerGradient(gradient!);
    }
  }

  /** All values, then the gradients with respect to each input. */
  function results(kernels: Kernels, { inputs, run, differentiable }: Use): Float32Array[] {
    const tensors = tf.tidy(() => {
      const given = inputs();
      const values = run(kernels, given);
      const gradients = values.slice(0, differentiable).flatMap((value, i) => {
        const dy = normal(value.shape, 9);
        return tf.grads((...xs) => run(kernels, xs)[i]!)(given, dy);
      });
      return [...values, ...gradients];
    });
    const read = tensors.map((tensor) => Float32Array.from(tensor.dataSync()));
    tf.dispose(tensors);
    return read;
  }

  /** On tfjs's `cpu` backend: loops that follow the definitions. */
  async function oracle(use: Use): Promise<Float32Array[]> {
    await tf.setBackend('cpu');
    (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
    register(ownGradients);
    try {
      return results(composedKernels(tf), use);
    } finally {
      register(tensorflowGradients);
      await tf.setBackend('tensorflow');
    }
  }

  function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
    expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    actual.forEach((values, i) => {
      const scale = expected[i]!.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      expect(scale, `tensor ${i} is not all zeros`).toBeGreaterThan(0);
      const error = values.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[i]![at]!)), 0);
      expect(error / scale, `tensor ${i}`).toBeLessThan(TOLERANCE);
    });
  }

  // Channels that fill the vectors of a processor, and channels that do not; few rows, and many.
  describe.each([
    [2, 3, 3, 16],
    [5, 7, 6, 3],
    [4, 9, 8, 17],
  ] as const)('on maps [%i, %i, %i, %i]', (...shape) => {
    const uses = usesOn(shape);
    it.each(Object.keys(uses) as (keyof typeof uses)[])('%s, its value and its gradients', async (name) => {
      const use = uses[name];
      expectClose(results(engine.kernels, use), await oracle(use));
    });
  });

  it('batchNormTraining gives what it has for the variance of a single row', async () => {
    const use: Use = {
      inputs: () => [normal([1, 1, 1, 4], 1), normal([4], 2), normal([4], 3)],
      run: (kernels, [x, gamma, beta]) => {
        const { y, mean, variance } = kernels.batchNormTraining(x as Tensor4D, gamma!, beta!, 1e-3);
        return [y, mean, variance.add(1) as Tensor1D];
      },
      differentiable: 0,
    };
    expectClose(results(engine.kernels, use), await oracle(use));
  });
});
