import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';
import { readUnguarded } from '../kernels/read-unguarded.js';
import { batchNorm } from './batch-norm.js';
import {
  type ConvolutionAttributes,
  convolutionFilterGradient,
  convolutionInputGradient,
  depthwiseInputGradient,
} from './convolution-gradients.js';
import { depthwiseFilterGradient } from './depthwise-filter-gradient.js';
import { maxPoolGradient, type PoolAttributes } from './max-pool-gradient.js';
import { registerRelu6Gradient } from './relu6-gradient.js';
import { segmentSum } from './segment-sum.js';

type Shape4D = [number, number, number, number];
type Inputs = Record<string, Tensor>;

/**
 * Adds to tfjs's WebAssembly backend the kernels that training needs and it lacks, composed of the fast kernels that
 * it has or looped over, and replaces those that are wrong (the gradient of max pooling, the sign) or scalar code (the
 * gradient of a convolution's input, products of transposed matrices). Done once per process.
 */
export function registerTrainingKernels(tf: Tf): void {
  const replace = <A>(kernelName: string, compute: (inputs: Inputs, attributes: A) => Tensor) => {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => compute(inputs as Inputs, attrs as A)),
    });
  };

  replace<ConvolutionAttributes & { inputShape: Shape4D; dataFormat: string }>(
    'Conv2DBackpropInput',
    ({ dy, filter }, attributes) => {
      requireChannelsLast(attributes.dataFormat);
      return convolutionInputGradient(tf, dy as Tensor4D, filter as Tensor4D, attributes.inputShape, attributes);
    },
  );
  replace<ConvolutionAttributes & { filterShape: Shape4D; dataFormat: string }>(
    'Conv2DBackpropFilter',
    ({ x, dy }, attributes) => {
      requireChannelsLast(attributes.dataFormat);
      return convolutionFilterGradient(tf, x as Tensor4D, dy as Tensor4D, attributes.filterShape, attributes);
    },
  );
  replace<ConvolutionAttributes & { inputShape: Shape4D }>(
    'DepthwiseConv2dNativeBackpropInput',
    ({ dy, filter }, attributes) =>
      depthwiseInputGradient(tf, dy as Tensor4D, filter as Tensor4D, attributes.inputShape, attributes),
  );
  replace<ConvolutionAttributes & { filterShape: Shape4D }>(
    'DepthwiseConv2dNativeBackpropFilter',
    ({ x, dy }, { filterShape, strides, pad, dimRoundingMode }) => {
      const shape = x!.shape as Shape4D;
      const info = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode, true);
      return tf.tensor(depthwiseFilterGradient(floats(x!), floats(dy!), filterShape[3], info), filterShape);
    },
  );
  replace<{ varianceEpsilon: number }>('FusedBatchNorm', ({ x, mean, variance, offset, scale }, attributes) =>
    batchNorm(tf, x as Tensor4D, { mean: mean!, variance: variance!, offset, scale }, attributes.varianceEpsilon),
  );
  replace<PoolAttributes>('MaxPoolGrad', ({ dy, input }, attributes) => {
    const [values, gradient] = [floats(input!), floats(dy!)];
    const dx = maxPoolGradient(tf, values, gradient, input!.shape as Shape4D, attributes);
    return tf.tensor(dx, input!.shape);
  });
  replace<{ numSegments: number }>('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) => {
    const rowLength = x!.size / Math.max(1, segmentIds!.size);
    const segments = readUnguarded(tf, segmentIds!) as Int32Array;
    const shape = [numSegments, ...x!.shape.slice(segmentIds!.rank)];
    return tf.tensor(segmentSum(floats(x!), segments, numSegments, rowLength), shape);
  });
  // tfjs's own takes all below 1e-7 for 0, which the gradients of a loss by its pixels are for the most part.
  replace('Sign', ({ x }) => tf.tensor(floats(x!).map(Math.sign), x!.shape, x!.dtype));
  replaceProducts(tf);
  registerRelu6Gradient(tf);

  function floats(tensor: Tensor): Float32Array {
    return readUnguarded(tf, tensor) as Float32Array;
  }
}

/**
 * Transposing first and multiplying with SIMD is faster than tfjs's scalar product of transposed matrices. Integers are
 * multiplied as floats: exact up to 2²⁴.
 */
function replaceProducts(tf: Tf): void {
  const original = tf.getKernel('BatchMatMul', 'wasm');
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...original,
    kernelFunc: (call) => {
      const { a, b } = call.inputs as { a: Tensor; b: Tensor };
      const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
      // tfjs multiplies floats only; a confusion matrix is a product of integers.
      if (a.dtype === 'int32' && b.dtype === 'int32') {
        return tf.tidy(() => tf.matMul(a.toFloat(), b.toFloat(), transposeA, transposeB).toInt());
      }
      if (!transposeA && !transposeB) return original.kernelFunc(call);
      return tf.tidy(() => {
        const turn = (x: Tensor) => {
          const axes = x.shape.map((_, axis) => axis);
          return x.transpose([...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
        };
        return tf.matMul(transposeA ? turn(a) : a, transposeB ? turn(b) : b);
      });
    },
  });
}

function requireChannelsLast(dataFormat: string): void {
  if (dataFormat !== 'NHWC')
    throw new RangeError(`Only images with channels last can be trained here, not ${dataFormat}`);
}
