import type { Tensor2D } from '@tensorflow/tfjs';
import type { Engine, Tensor, Variable } from '#engine';

/** Which of a run's random draws are the projector's. */
const STREAM = 0x4101;

/**
 * The linear map from the student's penultimate layer to the width of the teacher's: FitNets' regressor (Romero et al.,
 * 2015), which is trained with the student, kept in its checkpoints, and no part of the model that is saved.
 */
export interface HintProjector {
  /** Name → variable, for the training's parameters: no network has parameters of these names. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** `[batch, inputs]` → `[batch, outputs]` */
  project(features: Tensor): Tensor;
  dispose(): void;
}

/**
 * Starts uniform with the variance 1 / inputs, and zero bias: of features of the size 1 it makes projections of the size
 * 1, as standardised hints are.
 */
export function hintProjector(
  { tf, kernels }: Engine,
  { inputs, outputs, seed }: { inputs: number; outputs: number; seed: number },
): HintProjector {
  const largest = Math.sqrt(3 / inputs);
  const weight = tf.tidy(() => {
    const uniform = kernels.randomUniform([inputs, outputs], seed, tf.scalar(0, 'int32'), STREAM);
    return tf.variable(tf.mul(tf.sub(tf.mul(uniform, 2), 1), largest));
  });
  const bias = tf.tidy(() => tf.variable(tf.zeros([outputs])));
  return {
    parameters: { 'hint.weight': weight, 'hint.bias': bias },
    project: (features) => kernels.biasAdd(tf.matMul(features as Tensor2D, weight as Tensor as Tensor2D), bias),
    dispose: () => tf.dispose([weight, bias]),
  };
}
