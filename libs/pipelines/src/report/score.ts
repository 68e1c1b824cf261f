import { probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import { evaluate } from './evaluation.js';

/** What a network is worth on some images, in short. */
export interface Score {
  /** Share of images whose label is the most probable class, 0 to 1. */
  top1: number;
  /** Mean cross-entropy with the labels, nats. */
  loss: number;
}

/** The score of logits, `[images, classes]`; `undefined` without images. */
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
