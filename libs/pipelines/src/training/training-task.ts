import type { TrainingSpec } from '#contracts';
import type { InputSignature, Program, ProgramFunction, ProgramInput, Tensor, Variable } from '#engine';
import type { StateDict } from '#models';
import type { Score } from '../report/score.js';
import type { ParameterGroup } from './unfreezing.js';

/** A network's training: what is minimised, over which variables, on which batches. */
export interface TrainingTask {
  training: Pick<
    TrainingSpec,
    'epochs' | 'optimizer' | 'schedule' | 'averageDecay' | 'precision' | 'keep' | 'patience'
  >;
  stepsPerEpoch: number;
  batchSize: number;
  /** What gradient descent changes. */
  parameters: Readonly<Record<string, Variable>>;
  /** What else the objective or the functions read or change, such as running statistics. */
  statistics: Readonly<Record<string, Variable>>;
  learningRateFactors?: Readonly<Record<string, number>>;
  /** Every parameter once, those whose training begins first at the front. Default: all from the beginning. */
  groups?: readonly ParameterGroup[];
  /** Inputs of the objective that `batches` fills: `labels` (int32 `[batch]`), `labelled` (`[batch]`, 1 or 0), and others. */
  inputs: Readonly<Record<string, InputSignature>>;
  /**
   * The data term of the loss for one batch (a scalar) and the logits `[batch, classes]`. Beside `inputs` it gets `step`
   * (int32 scalar), for its random draws. `answers`: what counts as a right answer, by default `labels` and `labelled`.
   * `divergence`: of a loss that is one of distributions among other things, that part alone (a scalar, nats), which must
   * not be below zero.
   * @param part whether all groups of parameters are trained, or some are frozen still
   */
  objective(
    inputs: Record<string, Tensor>,
    part: { complete: boolean },
  ): { loss: Tensor; divergence?: Tensor; logits: Tensor; answers?: Answers };
  /** λ · L_reg. */
  regularization?: () => Tensor;
  /** The batches of an epoch from the given one on, as the objective's inputs; the training disposes of tensors. */
  batches(epoch: number, firstBatch: number): AsyncIterable<Record<string, ProgramInput>>;
  /** Captured beside the training step, over the same weights. */
  functions: Readonly<Record<string, ProgramFunction>>;
  /** Scores the weights as they are; called after each epoch. `undefined`: there are no validation images. */
  validate(program: Program): Promise<Score | undefined>;
  /** Tensors that a continued training needs beside the variables: kept in every checkpoint. */
  kept?: StateDict;
}

/** Answers to logits: the class that counts as right, and 1 or 0: whether it counts. `[batch]`. */
export interface Answers {
  labels: Tensor;
  labelled: Tensor;
}
