import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { DistillationLossSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { oneHot } from '../training/image-batches.js';
import type { Targets } from '../training/mixed-labels.js';
import { crossEntropy } from './cross-entropy.js';
import { dist } from './dist.js';
import { dkd } from './dkd.js';
import { hint } from './hint.js';
import { kd } from './kd.js';
import { standardiseLogits } from './logit-standardisation.js';

/** What a step of a distillation compares. */
export interface DistillationBatch {
  /** The student's logits `[batch, classes]`. */
  logits: Tensor;
  /** The teacher's, of a softmax `[batch, classes]`. */
  teacher: Tensor;
  /** What there is of labels. */
  targets: Targets;
  /** int32 scalar, and steps per epoch: where in the training the step is. */
  step: Tensor;
  stepsPerEpoch: number;
  /** With the loss `hint`: the teacher's layer and the projection of the student's, `[batch, …]`. */
  hint?: { teacher: Tensor; projection: Tensor };
}

type Kind = DistillationLossSpec['kind'];
type SoftLoss<K extends Kind> = (
  engine: Engine,
  loss: Extract<DistillationLossSpec, { kind: K }>,
  batch: DistillationBatch,
) => SoftPart;

interface SoftPart {
  /** With its weight. */
  loss: Tensor;
  /** What of it compares distributions, T² times. */
  divergence: Tensor;
}

/** What the teacher says, as a part of the loss. */
const SOFT_LOSSES: { readonly [K in Kind]: SoftLoss<K> } = {
  kd: (engine, { temperature, kdWeight }, { logits, teacher }) =>
    weighted(engine, kd(engine, logits, teacher, temperature), kdWeight),
  dkd: (engine, loss, { logits, teacher, targets, step, stepsPerEpoch }) => {
    const decoupled = dkd(engine, logits, teacher, targetClass(engine, teacher, targets), loss);
    return weighted(engine, decoupled, warmup(engine, step, stepsPerEpoch, loss.warmupEpochs));
  },
  dist: (engine, loss, { logits, teacher }) => {
    const relations = dist(engine, logits, teacher, loss);
    return { loss: relations, divergence: relations };
  },
  'logit-std': (engine, { temperature, kdWeight }, { logits, teacher }) => {
    const [student, target] = [standardiseLogits(engine, logits), standardiseLogits(engine, teacher)];
    return weighted(engine, kd(engine, student, target, temperature), kdWeight);
  },
  hint: (engine, { temperature, kdWeight, hintWeight }, { logits, teacher, hint: layers }) => {
    const { tf } = engine;
    if (layers === undefined) throw new Error('the loss "hint" needs the layers of teacher and student');
    const distance = hint(engine, layers.projection, layers.teacher);
    const { loss, divergence } = weighted(engine, kd(engine, logits, teacher, temperature), kdWeight);
    return { loss: tf.add(loss, tf.mul(distance, hintWeight)), divergence };
  },
};

function weighted({ tf }: Engine, divergence: Tensor, weight: Tensor | number): SoftPart {
  return { loss: tf.mul(divergence, weight), divergence };
}

/**
 * The data term of a distillation: what the teacher says, by the spec's loss, plus ceWeight times the cross-entropy with
 * what there is of labels.
 * @returns scalars: the loss, and of it what compares teacher and student alone, without its weight, and without T² where
 *   that enlarges its rounding: not below zero
 */
export function distillationLoss(
  engine: Engine,
  loss: DistillationLossSpec,
  batch: DistillationBatch,
): { loss: Tensor; divergence: Tensor } {
  const { tf } = engine;
  const soft = (SOFT_LOSSES[loss.kind] as SoftLoss<Kind>)(engine, loss, batch);
  const hard = crossEntropy(engine, batch.logits, batch.targets.targets, batch.targets.labelled);
  return {
    loss: tf.add(soft.loss, tf.mul(hard, loss.ceWeight)),
    divergence: tf.div(soft.divergence, Math.max(1, loss.temperature ** 2)),
  };
}

/**
 * The class around which a loss is decoupled, one-hot `[batch, classes]`: the label (of a mixed image the one of which
 * there is more), and without a label the class that the teacher finds most probable.
 */
export function targetClass(engine: Engine, teacher: Tensor, { answers }: Pick<Targets, 'answers'>): Tensor {
  const { tf } = engine;
  const classes = teacher.shape[1] as number;
  const surest = tf.cast(tf.argMax(teacher as Tensor2D, 1), 'int32') as Tensor1D;
  const known = tf.expandDims(answers.labelled, 1);
  return tf.add(
    tf.mul(oneHot(engine, answers.labels, classes), known),
    tf.mul(oneHot(engine, surest, classes), tf.sub(1, known)),
  );
}

/** The share of its weight that the soft part has in a step's epoch e = 1, 2, …: min(e / warmupEpochs, 1). */
export function warmup({ tf }: Engine, step: Tensor, stepsPerEpoch: number, warmupEpochs: number): Tensor {
  if (warmupEpochs === 0) return tf.scalar(1);
  const epoch = tf.add(tf.floor(tf.div(tf.cast(step, 'float32'), stepsPerEpoch)), 1);
  return tf.minimum(tf.div(epoch, warmupEpochs), 1);
}
