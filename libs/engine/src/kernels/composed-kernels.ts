import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Kernels, Tf } from '../engine.js';
import { dropoutKernel } from './dropout.js';
import { philoxUniform } from './philox.js';
import { readUnguarded } from './read-unguarded.js';
import { seedWord } from './stateless-seed.js';
import { withoutGradient } from './without-gradient.js';

/** The kernels of `tensorflow`, composed of what every tfjs backend has. */
export function composedKernels(tf: Tf): Kernels {
  /**
   * Mean over all axes but the last. A pooling window over all rows: WebAssembly's reductions are scalar code, its
   * pooling is not.
   */
  function channelMean(x: Tensor): Tensor1D {
    const channels = x.shape[x.rank - 1]!;
    const rows = x.size / channels;
    if (tf.getBackend() !== 'wasm') return x.reshape([rows, channels]).mean(0);
    return tf.avgPool(x.reshape<Tensor4D>([1, rows, 1, channels]), [rows, 1], 1, 'valid').reshape([channels]);
  }

  function batchNormTraining(x: Tensor4D, gamma: Tensor, beta: Tensor, epsilon: number) {
    const rows = x.size / x.shape[3];
    let statistics: { mean: Tensor1D; variance: Tensor1D } | undefined;
    const normalise = tf.customGrad((...args) => {
      const [x, gamma, beta, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const mean = channelMean(x);
      const centred = x.sub(mean);
      const variance = channelMean(centred.square());
      const inverse = variance.add(epsilon).rsqrt();
      const normalised = centred.mul(inverse);
      // TensorFlow's kernel gives back the unbiased variance, and for a single row what it has.
      const unbiased = variance.mul(rows / Math.max(1, rows - 1)) as Tensor1D;
      statistics = { mean: tf.keep(mean), variance: tf.keep(unbiased) };
      save([normalised, inverse, gamma]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        tf.tidy(() => {
          const [normalised, inverse, gamma] = saved as [Tensor, Tensor, Tensor];
          const meanDy = channelMean(dy);
          const meanDyNormalised = channelMean(dy.mul(normalised));
          const dx = dy.sub(meanDy).sub(normalised.mul(meanDyNormalised)).mul(inverse.mul(gamma));
          return [dx, meanDyNormalised.mul(rows), meanDy.mul(rows)];
        });
      return { value: normalised.mul(gamma).add(beta), gradFunc };
    });
    const y = normalise(x, gamma, beta) as Tensor4D;
    const { mean, variance } = statistics!;
    const released = { y, mean: mean.clone(), variance: variance.clone() };
    mean.dispose();
    variance.dispose();
    return released;
  }

  function batchNormFrozen(
    x: Tensor4D,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: number,
  ): Tensor4D {
    const rows = x.size / x.shape[3];
    const normalise = tf.customGrad((...args) => {
      const [x, gamma, beta, save] = args as unknown as [Tensor4D, Tensor1D, Tensor1D, (tensors: Tensor[]) => void];
      save([x, gamma, mean, variance]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        tf.tidy(() => {
          const [x, gamma, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor];
          const inverse = variance.add(epsilon).rsqrt();
          const normalised = x.sub(mean).mul(inverse);
          return [dy.mul(gamma.mul(inverse)), channelMean(dy.mul(normalised)).mul(rows), channelMean(dy).mul(rows)];
        });
      return { value: tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, beta, gamma, epsilon), gradFunc };
    });
    return normalise(x, gamma, beta) as Tensor4D;
  }

  function biasAdd<T extends Tensor>(x: T, bias: Tensor): T {
    const add = tf.customGrad((...args) => {
      const [x, bias] = args as [Tensor, Tensor];
      const gradFunc = (dy: Tensor) => {
        const rows = dy.size / dy.shape[dy.rank - 1]!;
        return [dy.clone(), tf.tidy(() => channelMean(dy).mul(rows))];
      };
      return { value: x.add(bias), gradFunc };
    });
    return add(x, bias) as T;
  }

  function randomUniform(shape: number[], seed: number | Tensor, step: Tensor, stream: number): Tensor {
    const size = shape.reduce((product, length) => product * length, 1);
    const inputs = typeof seed === 'number' ? [step] : [step, seed];
    return withoutGradient(tf, inputs, () => {
      const [seedValue] = typeof seed === 'number' ? [seed] : readUnguarded(tf, seed);
      const [stepValue] = readUnguarded(tf, step);
      return tf.tensor(philoxUniform(size, seedWord(seedValue!, stream), stepValue!), shape, 'float32');
    });
  }

  function softmaxCrossEntropy(logits: Tensor2D, targets: Tensor2D): Tensor1D {
    const loss = tf.customGrad((...args) => {
      const [logits, targets, save] = args as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void];
      const logProbabilities = tf.logSoftmax(logits);
      save([logProbabilities, targets]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        tf.tidy(() => {
          const [logProbabilities, targets] = saved as [Tensor, Tensor];
          const column = dy.expandDims(1);
          return [column.mul(logProbabilities.exp().sub(targets)), column.mul(logProbabilities).neg()];
        });
      return { value: targets.mul(logProbabilities).sum(1).neg(), gradFunc };
    });
    return loss(logits, targets) as Tensor1D;
  }

  function sumOfSquares(x: Tensor): Scalar {
    return tf.tidy(() => x.square().sum<Scalar>());
  }

  return {
    batchNormTraining,
    batchNormFrozen,
    biasAdd,
    dropout: dropoutKernel(tf, randomUniform),
    randomUniform,
    softmaxCrossEntropy,
    sumOfSquares,
  };
}
