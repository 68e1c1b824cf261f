import { beforeAll, describe, expect, it } from 'vitest';
import type { DistillationLossSpec } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { mixedLabels } from '../training/mixed-labels.js';
import { crossEntropy } from './cross-entropy.js';
import { distillationLoss, targetClass, warmup, type DistillationBatch } from './distillation-loss.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher, labels } = golden.losses;
const matrix = (values: number[]) => engine.tf.tensor2d(values, [values.length / classes, classes]);
const targetsOf = (labelled: number[]) =>
  mixedLabels(
    engine,
    { labels: engine.tf.tensor1d(labels, 'int32'), labelled: engine.tf.tensor1d(labelled) },
    classes,
    undefined,
  );
const batch = (step = 0): DistillationBatch => ({
  logits: matrix(student),
  teacher: matrix(teacher),
  targets: targetsOf([1, 1, 1, 1, 1, 1]),
  step: engine.tf.scalar(step, 'int32'),
  stepsPerEpoch: 4,
});
const valueOf = (loss: DistillationLossSpec, given = batch()) =>
  Array.from(distillationLoss(engine, loss, given).loss.dataSync());

describe('distillationLoss', () => {
  const ce = () => {
    const { logits, targets } = batch();
    return crossEntropy(engine, logits, targets.targets, targets.labelled).dataSync()[0];
  };

  it('weighs the soft loss of each kind, and the cross-entropy beside it', () => {
    const { kd, dkd, dist, logitStandardisation } = golden.losses;
    const [decoupled, correlated] = [dkd[2], dist[2]];
    expectClose(valueOf({ kind: 'kd', temperature: 4, kdWeight: 0.9, ceWeight: 0.1 }), [
      0.9 * kd[4].value + 0.1 * ce(),
    ]);
    expectClose(valueOf({ kind: 'dkd', ...decoupled, warmupEpochs: 0, ceWeight: 0.5 }), [decoupled.value + 0.5 * ce()]);
    expectClose(valueOf({ kind: 'dist', ...correlated, ceWeight: 1 }), [correlated.value + ce()]);
    expectClose(valueOf({ kind: 'logit-std', temperature: 2, kdWeight: 9, ceWeight: 0.1 }), [
      9 * logitStandardisation[2].value + 0.1 * ce(),
    ]);
    const { tf } = engine;
    const hint = { teacher: tf.ones([6, 3]), projection: tf.zeros([6, 3]) };
    const hinted = { kind: 'hint', temperature: 4, kdWeight: 0.9, hintWeight: 2, ceWeight: 0.1 } as const;
    expectClose(valueOf(hinted, { ...batch(), hint }), [0.9 * kd[4].value + 2 * 0.5 + 0.1 * ce()]);
  });

  it('says beside it what compares teacher and student, without weights, labels and hints', () => {
    const { kd, dkd, dist, logitStandardisation } = golden.losses;
    const [decoupled, correlated] = [dkd[2], dist[2]];
    const { tf } = engine;
    const hint = { teacher: tf.ones([6, 3]), projection: tf.zeros([6, 3]) };
    const divergenceOf = (loss: DistillationLossSpec) =>
      Array.from(distillationLoss(engine, loss, { ...batch(), hint }).divergence.dataSync());
    const weights = { kdWeight: 0.9, ceWeight: 0.1 };
    expectClose(divergenceOf({ kind: 'kd', temperature: 4, ...weights }), [kd[4].value / 16]);
    expectClose(divergenceOf({ kind: 'hint', temperature: 4, hintWeight: 2, ...weights }), [kd[4].value / 16]);
    expectClose(divergenceOf({ kind: 'logit-std', temperature: 2, ...weights }), [logitStandardisation[2].value / 4]);
    expectClose(divergenceOf({ kind: 'dkd', ...decoupled, warmupEpochs: 4, ceWeight: 1 }), [
      decoupled.value / decoupled.temperature ** 2,
    ]);
    expectClose(divergenceOf({ kind: 'dist', ...correlated, ceWeight: 1 }), [
      correlated.value / correlated.temperature ** 2,
    ]);
  });

  it('lets the decoupled loss rise to its weight over the warm-up epochs, the first being one of them', () => {
    const [expected] = golden.losses.dkd;
    const at = (step: number) =>
      valueOf({ kind: 'dkd', ...expected, warmupEpochs: 4, ceWeight: 0 }, batch(step))[0] / expected.value;
    expectClose([0, 3, 4, 11, 12, 400].map(at), [0.25, 0.25, 0.5, 0.75, 1, 1]);
  });
});

describe('warmup', () => {
  it('is all of the weight where there is none', () => {
    expect(warmup(engine, engine.tf.scalar(0, 'int32'), 4, 0).dataSync()[0]).toBe(1);
  });
});

describe('targetClass', () => {
  it("is the label where there is one, else the teacher's most probable class", () => {
    const found = engine.tf.argMax(targetClass(engine, matrix(teacher), targetsOf([1, 0, 1, 0, 0, 1])), 1).dataSync();
    const surest = engine.tf.argMax(matrix(teacher), 1).dataSync();
    expect([...found]).toEqual([labels[0], surest[1], labels[2], surest[3], surest[4], labels[5]]);
  });
});
