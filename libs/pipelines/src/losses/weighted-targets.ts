import type { Engine, Tensor } from '#engine';

export interface WeightedTargets {
  /** `[batch, classes]`, each row sums to 1. */
  targets: Tensor;
  /** The weight of each row in the loss, `[batch]`. */
  labelled: Tensor;
}

/**
 * Label smoothing (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016, section 7) and
 * class weights as other targets and weights of the same cross-entropy: with y′ = (1 − s)·y + s / K, the loss of an image
 *
 *     −Σ_c w_c · y′_c · log softmax(z)_c  =  r · (−Σ_c (w_c · y′_c / r) · log softmax(z)_c),   r = Σ_c w_c · y′_c
 *
 * which is PyTorch's `F.cross_entropy(z, label, weight=w, label_smoothing=s, reduction='none')`. Its mean divides by the
 * batch here, not by the sum of the batch's weights: an image weighs the same whatever company it is drawn in.
 * @param labels one-hot or mixed
 * @param options.classWeights `[classes]`
 */
export function weightedTargets(
  engine: Engine,
  { targets, labelled }: WeightedTargets,
  { labelSmoothing, classWeights }: { labelSmoothing: number; classWeights?: Float32Array },
): WeightedTargets {
  const { tf } = engine;
  const rows = smoothed(engine, targets, labelSmoothing);
  if (classWeights === undefined) return { targets: rows, labelled };
  const weighted = tf.mul(rows, tf.tensor1d(classWeights));
  const sum = tf.sum(weighted, 1);
  // A row that weighs nothing is given something that sums to 1.
  const nothing = tf.cast(tf.equal(sum, 0), 'float32');
  return {
    targets: tf.add(tf.div(weighted, tf.expandDims(tf.add(sum, nothing), 1)), tf.mul(rows, tf.expandDims(nothing, 1))),
    labelled: tf.mul(labelled, sum),
  };
}

/** (1 − s)·y + s / K for targets y over K classes. */
export function smoothed({ tf }: Engine, targets: Tensor, labelSmoothing: number): Tensor {
  if (labelSmoothing === 0) return targets;
  return tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / targets.shape[1]!);
}
