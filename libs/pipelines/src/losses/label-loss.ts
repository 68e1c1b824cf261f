import type { TransferLossSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import type { OutputKind } from '../classifier/probabilities.js';
import { crossEntropy } from './cross-entropy.js';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.js';
import { smoothed, weightedTargets, type WeightedTargets } from './weighted-targets.js';

export interface LabelLossOptions extends Pick<TransferLossSpec, 'kind' | 'labelSmoothing'> {
  /** What an error costs, by class. */
  classWeights?: Float32Array;
}

/**
 * The data term of a training on labels: softmax cross-entropy, or binary cross-entropy with logits, with label smoothing
 * and class weights. Of `bce` each image weighs what its class weighs, in all of its questions.
 * @param logits `[batch, classes]`
 * @param labels one-hot or mixed targets `[batch, classes]`, and the weight of each row `[batch]`
 * @returns scalar, nats
 */
export function labelLoss(engine: Engine, logits: Tensor, labels: WeightedTargets, options: LabelLossOptions): Tensor {
  const { kind, labelSmoothing, classWeights } = options;
  if (kind === 'ce') {
    const { targets, labelled } = weightedTargets(engine, labels, { labelSmoothing, classWeights });
    return crossEntropy(engine, logits, targets, labelled);
  }
  const { labelled } = weightedTargets(engine, labels, { labelSmoothing: 0, classWeights });
  return sigmoidCrossEntropy(engine, logits, smoothed(engine, labels.targets, labelSmoothing), labelled);
}

/** What the outputs of a network mean that was trained so. */
export function outputsOf({ kind }: Pick<TransferLossSpec, 'kind'>): OutputKind {
  return kind === 'bce' ? 'sigmoid' : 'softmax';
}
