import type * as tfjs from '@tensorflow/tfjs';

export type Tf = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Variable = tfjs.Variable;

export const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
export type Backend = (typeof BACKENDS)[number];

/** A loaded engine. One per process: TensorFlow's binding is a native addon. */
export interface Engine {
  readonly tf: Tf;
  readonly backend: Backend;
  /** Version of the library that runs the kernels, such as `2.21.0` for TensorFlow. */
  readonly version: string;
  /** One line: which backend runs and why. */
  readonly reason: string;
  /** Threads that a kernel may use; it changes the bits of a result, so it is recorded with the run. */
  readonly threads: number;
  /** Whether TensorFlow computes with oneDNN on the processor, for sure: it knows kernels that TensorFlow itself lacks. */
  readonly oneDnn: boolean;
  /** Whether programs are captured, unless they say otherwise: on `tensorflow`. */
  readonly captures: boolean;
  readonly kernels: Kernels;
}

/**
 * Kernels that tfjs-core lacks or decomposes. Each has a gradient and can be captured; on `tensorflow` they are TF's
 * fused kernels, elsewhere they are composed and give the same numbers within 1e-5.
 */
export interface Kernels {
  /**
   * Batch normalisation over batch, height and width with the batch's own statistics (training mode).
   * @param x `[batch, height, width, channels]`; gamma, beta `[channels]`
   * @returns y like x; mean `[channels]`; variance `[channels]`: the unbiased one (n − 1), for the running average
   */
  batchNormTraining(
    x: tfjs.Tensor4D,
    gamma: Tensor,
    beta: Tensor,
    epsilon: number,
  ): { y: tfjs.Tensor4D; mean: tfjs.Tensor1D; variance: tfjs.Tensor1D };
  /**
   * Batch normalisation with given statistics (inference, and fine-tuning with frozen statistics): γ·(x − mean) /
   * √(variance + ε) + β. Gradients flow to x, gamma and beta; the statistics are constants.
   * @param x `[batch, height, width, channels]`; gamma, beta, mean, variance `[channels]`
   */
  batchNormFrozen(
    x: tfjs.Tensor4D,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: number,
  ): tfjs.Tensor4D;
  /** x + bias with a fused gradient. `[…, channels]`, `[channels]`. */
  biasAdd<T extends Tensor>(x: T, bias: Tensor): T;
  /**
   * Each element is 0 with the probability `rate` and else x / (1 − rate): PyTorch's dropout in training (Srivastava et
   * al., 2014). Which ones depends on (seed, step, stream) alone, as with `randomUniform`, whose parameters they are.
   * @param rate 0 to below 1; 0 is the identity
   * @throws RangeError for another rate
   */
  dropout<T extends Tensor>(x: T, rate: number, seed: number | Tensor, step: Tensor, stream: number): T;
  /**
   * Uniform numbers in [0, 1) that depend on nothing but (seed, step, stream): the same in every process of a backend.
   * @param seed a number, which becomes part of the graph, or an int32 scalar, which may be an input
   * @param step int32 scalar, an input of a captured function
   * @param stream tells apart several draws of one step
   */
  randomUniform(shape: number[], seed: number | Tensor, step: Tensor, stream: number): Tensor;
  /** Softmax cross-entropy from logits `[batch, classes]` and target distributions of that shape → `[batch]`, nats. */
  softmaxCrossEntropy(logits: tfjs.Tensor2D, targets: tfjs.Tensor2D): tfjs.Tensor1D;
  /** Σx² over all elements → scalar, in one pass over x: of norms and of L2 penalties. */
  sumOfSquares(x: Tensor): tfjs.Scalar;
}
