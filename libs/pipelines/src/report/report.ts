import { evaluate } from './evaluation.js';
import { probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import type { Score } from '../training/training-task.js';

/** Top-1 and cross-entropy of logits; `undefined` without images. */
export function scoreOf(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classNames: readonly string[],
  outputs: OutputKind,
): Score | undefined {
  if (labels.length === 0) return undefined;
  const { top1, loss } = evaluate(probabilitiesOf(logits, classNames.length, outputs), labels, classNames);
  return { top1, loss };
}
