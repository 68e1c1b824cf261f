import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor, Variable } from '#engine';

/** Which of a run's random draws are the projector's. */
const STREAM = 0x4101;

/**
 * The linear map from the student's layer to the width of the teacher's: FitNets' regressor (Romero et al., 2015), which is
 * trained with the student, kept in its checkpoints, and no part of the model that is saved. Of maps it is a 1×1
 * convolution: at every place the same.
 */
export interface HintProjector {
  /** Name → variable, for the training's parameters: no network has parameters of these names. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** `[batch, inputs]` → `[batch, outputs]`, or `[batch, height, width, inputs]` → `[batch, height, width, outputs]` */
  project(layer: Tensor): Tensor;
  dispose(): void;
}

/**
 * Starts uniform with the variance 1 / inputs, and zero bias: of features of the size 1 it makes projections of the size
 * 1, as standardised hints are.
 */
export function hintProjector(
  engine: Engine,
  { inputs, outputs, seed }: { inputs: number; outputs: number; seed: number },
): HintProjector {
  const { tf, kernels } = engine;
  const largest = Math.sqrt(3 / inputs);
  const weight = tf.tidy(() => {
    const uniform = kernels.randomUniform([inputs, outputs], seed, tf.scalar(0, 'int32'), STREAM);
    return tf.variable(tf.mul(tf.sub(tf.mul(uniform, 2), 1), largest));
  });
  const bias = tf.tidy(() => tf.variable(tf.zeros([outputs])));
  return {
    parameters: { 'hint.weight': weight, 'hint.bias': bias },
    project: (layer) => projection(engine, layer, weight, bias),
    dispose: () => tf.dispose([weight, bias]),
  };
}

/**
 * layer · weight + bias, over the last axis.
 * @param layer `[batch, inputs]` or `[batch, height, width, inputs]`
 * @param weight `[inputs, outputs]`
 */
export function projection({ tf, kernels }: Engine, layer: Tensor, weight: Tensor, bias: Tensor): Tensor {
  if (layer.rank === 2) return kernels.biasAdd(tf.matMul(layer as Tensor2D, weight as Tensor2D), bias);
  const [inputs, outputs] = weight.shape;
  const filters = tf.reshape(weight, [1, 1, inputs, outputs]) as Tensor4D;
  return kernels.biasAdd(tf.conv2d(layer as Tensor4D, filters, 1, 'valid'), bias);
}
