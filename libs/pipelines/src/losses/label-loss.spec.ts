import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { expectValueAndGradients, type ValueWithGradients } from '../../../../test/golden/pipelines.js';
import { labelLoss, outputsOf } from './label-loss.js';

// Written by test/golden/label-losses.py with PyTorch 2.14.1.
const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/label-losses.json', import.meta.url), 'utf8'),
) as {
  classes: number;
  logits: number[];
  labels: number[];
  mixed: number[];
  weights: number[];
  cases: (ValueWithGradients & {
    kind: 'ce' | 'bce';
    mixed: boolean;
    labelSmoothing: number;
    weighted: boolean;
  })[];
};

describe('labelLoss', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });
  const { classes, labels } = golden;
  const matrix = (values: number[]): Tensor => engine.tf.tensor2d(values, [labels.length, classes]);

  it.each(golden.cases)(
    "by $kind is PyTorch's, and so is its gradient: smoothing $labelSmoothing, class weights $weighted, mixed $mixed",
    ({ kind, labelSmoothing, weighted, mixed, ...expected }) => {
      const { tf } = engine;
      const oneHot = tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), 'float32');
      const targets = mixed ? matrix(golden.mixed) : oneHot;
      const labelled = tf.ones([labels.length]);
      const classWeights = weighted ? Float32Array.from(golden.weights) : undefined;
      const loss = (z: Tensor) => labelLoss(engine, z, { targets, labelled }, { kind, labelSmoothing, classWeights });
      expectValueAndGradients(engine, loss, [matrix(golden.logits)], expected);
    },
  );

  it.each(['ce', 'bce'] as const)('by %s costs nothing where the class weighs nothing', (kind) => {
    const { tf } = engine;
    const targets = tf.tensor2d([1, 0, 1, 0], [2, 2]);
    const options = { kind, labelSmoothing: 0, classWeights: Float32Array.from([0, 1]) };
    const [value] = labelLoss(
      engine,
      tf.tensor2d([3, -1, 0, 5], [2, 2]),
      { targets, labelled: tf.ones([2]) },
      options,
    ).dataSync();
    expect(value).toBe(0);
  });

  it('says what the outputs mean', () => {
    expect([outputsOf({ kind: 'ce' }), outputsOf({ kind: 'bce' })]).toEqual(['softmax', 'sigmoid']);
  });
});
