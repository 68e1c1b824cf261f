/** How logits become probabilities: one question with many answers, or one yes-or-no question per class. */
export type OutputKind = 'softmax' | 'sigmoid';

/**
 * Class probabilities from logits. `sigmoid` answers are scaled to sum to 1, as scikit-learn's one-vs-rest classifiers do.
 * @param logits `[images, classes]`
 * @returns `[images, classes]`, each row sums to 1
 */
export function probabilitiesOf(logits: Float32Array, classes: number, kind: OutputKind): Float32Array {
  const out = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    let max = -Infinity;
    for (let c = 0; c < classes; c++) max = Math.max(max, logWeight(logits[row + c], kind));
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logWeight(logits[row + c], kind) - max);
    for (let c = 0; c < classes; c++) out[row + c] = Math.exp(logWeight(logits[row + c], kind) - max) / sum;
  }
  return out;
}

/** Logarithm of what is scaled to sum to 1: e^z or sigmoid(z). In logarithms, no row can underflow to zeros alone. */
export function logWeight(z: number, kind: OutputKind): number {
  return kind === 'softmax' ? z : Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
}

/**
 * The same outputs as logits of one softmax: softmax of the result is `probabilitiesOf` the logits. A softmax over the
 * logits of yes-or-no questions would be another distribution.
 */
export function asSoftmaxLogits(logits: Float32Array, kind: OutputKind): Float32Array {
  return kind === 'softmax' ? logits : logits.map((z) => logWeight(z, kind));
}
