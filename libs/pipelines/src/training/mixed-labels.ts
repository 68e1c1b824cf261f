import { mix, partners, type Mixing } from '#datasets';
import type { Engine, Tensor } from '#engine';
import { oneHot } from './image-batches.js';
import type { Answers } from './training-task.js';

/** What a batch's logits are compared with. */
export interface Targets {
  /** Distributions `[batch, classes]`; each row sums to 1. */
  targets: Tensor;
  /** How much of each row comes of labels, 0 to 1: its weight in the cross-entropy. `[batch]` */
  labelled: Tensor;
  /** What counts as a right answer: the label of which there is most. */
  answers: Answers;
}

/**
 * Labels as targets, mixed as their images are: λ of an image's own label and 1 − λ of its partner's. A label that is
 * not there weighs nothing: an image that is 0.3 of one with a label is compared with that label, by the weight 0.3.
 * @param labels class indices `[batch]`, int32; @param labelled `[batch]`, 1 or 0
 */
export function mixedLabels(
  engine: Engine,
  { labels, labelled }: Answers,
  classes: number,
  mixing: Mixing | undefined,
): Targets {
  const own = oneHot(engine, labels, classes);
  if (mixing === undefined) return { targets: own, labelled, answers: { labels, labelled } };
  const { tf } = engine;
  const { share } = mixing;
  const weight = mix(engine, labelled, share);
  const mixed = mix(engine, tf.mul(own, tf.expandDims(labelled, 1)), share);
  // The fused loss expects rows that sum to 1: those of the weight 0 are given something that does.
  const nothing = tf.cast(tf.equal(weight, 0), 'float32');
  const targets = tf.add(
    tf.div(mixed, tf.expandDims(tf.add(weight, nothing), 1)),
    tf.mul(own, tf.expandDims(nothing, 1)),
  );
  const mostlyOwn = tf.greaterEqual(share, 0.5);
  const heavier = (rows: Tensor): Tensor => {
    const mine = tf.cast(mostlyOwn, rows.dtype);
    return tf.add(tf.mul(rows, mine), tf.mul(partners(engine, rows), tf.sub(tf.onesLike(mine), mine)));
  };
  return {
    targets,
    labelled: weight,
    answers: { labels: heavier(labels), labelled: heavier(labelled) },
  };
}
