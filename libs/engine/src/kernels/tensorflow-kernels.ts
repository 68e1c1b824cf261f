import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Kernels, Tf } from '../engine.js';
import type { OpAttribute, TensorflowBackend } from '../load/tensorflow-backend.js';
import { dropoutKernel } from './dropout.js';
import { MIXERS, seedWord } from './stateless-seed.js';
import { withoutGradient } from './without-gradient.js';

/** TensorFlow's own fused kernels, each with the gradient that TensorFlow gives it. */
export function tensorflowKernels(tf: Tf): Kernels {
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { binding } = backend;
  const type = (name: string, dtype: 'float32' | 'int32' = 'float32'): OpAttribute => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: backend.getDTypeInteger(dtype),
  });
  const text = (name: string, value: string): OpAttribute => ({ name, type: binding.TF_ATTR_STRING, value });
  const float = (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_FLOAT, value });
  const bool = (name: string, value: boolean): OpAttribute => ({ name, type: binding.TF_ATTR_BOOL, value });

  const batchNormAttributes = (epsilon: number, training: boolean): OpAttribute[] => [
    ...[type('T'), type('U'), float('epsilon', epsilon)],
    ...[text('data_format', 'NHWC'), bool('is_training', training)],
  ];

  function batchNormTraining(x: Tensor4D, gamma: Tensor, beta: Tensor, epsilon: number) {
    const attributes = batchNormAttributes(epsilon, true);
    let statistics: { mean: Tensor1D; variance: Tensor1D } | undefined;
    const normalise = tf.customGrad((...args) => {
      const [x, gamma, beta, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const none = tf.tensor1d([], 'float32');
      const outputs = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        [...attributes, float('exponential_avg_factor', 1)],
        [x, gamma, beta, none, none],
        6,
      );
      const [y, mean, variance, ...reserved] = outputs as [Tensor, Tensor1D, Tensor1D, Tensor, Tensor, Tensor];
      statistics = { mean: tf.keep(mean), variance: tf.keep(variance) };
      save([x, gamma, ...reserved]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [x, gamma, ...reserved] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        return tf.tidy(() =>
          backend
            .executeMultipleOutputs('FusedBatchNormGradV3', attributes, [dy, x, gamma, ...reserved], 5)
            .slice(0, 3),
        );
      };
      return { value: y, gradFunc };
    });
    const y = normalise(x, gamma, beta) as Tensor4D;
    return { y, ...release(statistics!) };
  }

  function batchNormFrozen(
    x: Tensor4D,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: number,
  ): Tensor4D {
    const attributes = batchNormAttributes(epsilon, false);
    const normalise = tf.customGrad((...args) => {
      const [x, gamma, beta, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const [y, ...others] = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        [...attributes, float('exponential_avg_factor', 1)],
        [x, gamma, beta, mean, variance],
        6,
      );
      tf.dispose(others);
      save([x, gamma, mean, variance]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        tf.tidy(() => {
          // Beside the statistics the op takes what a forward pass in training mode has to hand on: nothing here.
          const inputs = [dy, ...saved, tf.tensor1d([], 'float32')];
          return backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, inputs, 5).slice(0, 3);
        });
      return { value: y!, gradFunc };
    });
    return normalise(x, gamma, beta) as Tensor4D;
  }

  function biasAdd<T extends Tensor>(x: T, bias: Tensor): T {
    const attributes = [type('T'), text('data_format', 'NHWC')];
    const add = tf.customGrad((...args) => {
      const [x, bias] = args as [Tensor, Tensor];
      const gradFunc = (dy: Tensor) => [dy.clone(), backend.executeSingleOutput('BiasAddGrad', attributes, [dy])];
      return { value: backend.executeSingleOutput('BiasAdd', attributes, [x, bias]), gradFunc };
    });
    return add(x, bias) as T;
  }

  function randomUniform(shape: number[], seed: number | Tensor, step: Tensor, stream: number): Tensor {
    const inputs = typeof seed === 'number' ? [step] : [step, seed];
    return withoutGradient(tf, inputs, () => {
      const word =
        typeof seed === 'number' ? tf.scalar(seedWord(seed, stream), 'int32') : seedWordInGraph(seed, stream);
      const key = tf.stack([word, step.reshape([])]);
      const dimensions = tf.tensor1d(shape, 'int32');
      const attributes = [type('dtype'), type('T', 'int32'), type('Tseed', 'int32')];
      return backend.executeSingleOutput('StatelessRandomUniform', attributes, [dimensions, key]);
    });
  }

  /** `seedWord` of a seed that is known only when the step runs. */
  function seedWordInGraph(seed: Tensor, stream: number): Tensor {
    const attributes = [type('T', 'int32')];
    const integer = (value: number) => tf.scalar(value | 0, 'int32');
    const shiftedXor = (word: Tensor, bits: number) => {
      // TensorFlow's shift of a signed number repeats the sign.
      const shifted = backend.executeSingleOutput('RightShift', attributes, [word, integer(bits)]);
      const low = backend.executeSingleOutput('BitwiseAnd', attributes, [shifted, integer(2 ** (32 - bits) - 1)]);
      return backend.executeSingleOutput('BitwiseXor', attributes, [word, low]);
    };
    let word = seed.reshape([]);
    word = shiftedXor(word, 16).mul(integer(MIXERS[0]));
    word = shiftedXor(word, 13).mul(integer(MIXERS[1]));
    return shiftedXor(word, 16).add(integer(stream));
  }

  function softmaxCrossEntropy(logits: Tensor2D, targets: Tensor2D): Tensor1D {
    const loss = tf.customGrad((...args) => {
      const [logits, targets, save] = args as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void];
      const [value, difference] = backend.executeMultipleOutputs(
        'SoftmaxCrossEntropyWithLogits',
        [type('T')],
        [logits, targets],
        2,
      ) as [Tensor, Tensor];
      save([difference, logits]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [difference, logits] = saved as [Tensor, Tensor];
        const column = dy.expandDims(1);
        return [column.mul(difference), column.mul(tf.logSoftmax(logits)).neg()];
      };
      return { value, gradFunc };
    });
    return loss(logits, targets) as Tensor1D;
  }

  function sumOfSquares(x: Tensor): Scalar {
    const sum = tf.customGrad((...args) => {
      const [x, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void];
      save([x]);
      const gradFunc = (dy: Tensor, [x]: Tensor[]) => tf.tidy(() => x!.mul(dy.mul(2)));
      // TensorFlow's L2Loss is half of it.
      return { value: tf.tidy(() => backend.executeSingleOutput('L2Loss', [type('T')], [x]).mul(2)), gradFunc };
    });
    return sum(x) as Scalar;
  }

  /** Hands tensors that were kept inside a gradient function's scope over to the scope around it. */
  function release(kept: { mean: Tensor1D; variance: Tensor1D }): { mean: Tensor1D; variance: Tensor1D } {
    const released = { mean: kept.mean.clone(), variance: kept.variance.clone() };
    kept.mean.dispose();
    kept.variance.dispose();
    return released;
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
