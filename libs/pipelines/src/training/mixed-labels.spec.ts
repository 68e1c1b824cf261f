import { beforeAll, describe, expect, it } from 'vitest';
import type { Mixing } from '#datasets';
import { loadEngine, type Engine } from '#engine';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { mixedSoftLabels } from '../losses/mixed-soft-labels.js';
import { mixedLabels } from './mixed-labels.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const mixing = (share: number): Mixing => ({ pixels: engine.tf.scalar(share), share: engine.tf.scalar(share) });
const batch = (labels: number[], labelled: number[]) => ({
  labels: engine.tf.tensor1d(labels, 'int32'),
  labelled: engine.tf.tensor1d(labelled),
});
const numbers = (tensor: { dataSync(): ArrayLike<number> }) => Array.from(tensor.dataSync());

describe('mixedLabels', () => {
  it('are the labels themselves where images are not mixed', () => {
    const given = batch([2, 0], [1, 0]);
    const { targets, labelled, answers } = mixedLabels(engine, given, 3, undefined);
    expect(numbers(targets)).toEqual([0, 0, 1, 1, 0, 0]);
    expect(numbers(labelled)).toEqual([1, 0]);
    expect(answers).toEqual(given);
  });

  it('are λ of the own label and 1 − λ of the one before it in the batch', () => {
    const { targets, labelled } = mixedLabels(engine, batch([2, 0, 1], [1, 1, 1]), 3, mixing(0.75));
    expectClose(numbers(targets), [0, 0.25, 0.75, 0.75, 0, 0.25, 0.25, 0.75, 0]);
    expectClose(numbers(labelled), [1, 1, 1]);
  });

  it('weigh as much as there is of labelled images, of which alone they are made', () => {
    // The second image has no label; the first is mixed with the third, the second with the first.
    const { targets, labelled } = mixedLabels(engine, batch([2, 0, 1], [1, 0, 1]), 3, mixing(0.75));
    expectClose(numbers(labelled), [1, 0.25, 0.75]);
    expectClose(numbers(targets), [0, 0.25, 0.75, 0, 0, 1, 0, 1, 0]);
  });

  it('are distributions with no weight where neither image has a label', () => {
    const { targets, labelled } = mixedLabels(engine, batch([0, 0], [0, 0]), 3, mixing(0.3));
    expectClose(numbers(labelled), [0, 0]);
    expectClose(numbers(targets), [1, 0, 0, 1, 0, 0]);
  });

  it('count the class of which there is most as the right answer', () => {
    const answersAt = (share: number) => {
      const { answers } = mixedLabels(engine, batch([2, 0, 1], [1, 0, 1]), 3, mixing(share));
      return { labels: numbers(answers.labels), labelled: numbers(answers.labelled) };
    };
    expect(answersAt(0.6)).toEqual({ labels: [2, 0, 1], labelled: [1, 0, 1] });
    expect(answersAt(0.4)).toEqual({ labels: [1, 2, 0], labelled: [1, 1, 0] });
  });

  it('cost what λ of the one cross-entropy and 1 − λ of the other cost together (Zhang et al., 2018)', () => {
    const { tf } = engine;
    const logits = tf.tensor2d([1, 2, 0.5, -1, 0, 3, 0.1, 0.2, 0.3], [3, 3]);
    const labels = [2, 0, 1];
    const labelled = [1, 0, 1];
    const costOf = (own: number[], weights: number[]) => {
      const oneHot = tf.oneHot(tf.tensor1d(own, 'int32'), 3).toFloat();
      return crossEntropy(engine, logits, oneHot, tf.tensor1d(weights)).dataSync()[0];
    };
    const mixed = mixedLabels(engine, batch(labels, labelled), 3, mixing(0.7));
    const expected = 0.7 * costOf(labels, labelled) + 0.3 * costOf([1, 2, 0], [1, 1, 0]);
    expectClose(crossEntropy(engine, logits, mixed.targets, mixed.labelled).dataSync(), [expected]);
  });
});

describe('mixedSoftLabels', () => {
  it('are logits whose softmax, at the temperature, is the mixture of the two softmaxes', () => {
    const { tf } = engine;
    const teacher = tf.tensor2d([4, 0, -2, 0, 8, 1], [2, 3]);
    const soft = (row: number[]) => {
      const weights = row.map((z) => Math.exp(z / 4));
      return weights.map((weight) => weight / weights.reduce((sum, w) => sum + w));
    };
    const [first, second] = [soft([4, 0, -2]), soft([0, 8, 1])];
    const mixed = tf.softmax(tf.div(mixedSoftLabels(engine, teacher, 4, mixing(0.7)), 4));
    expectClose(mixed.dataSync(), [
      ...first.map((p, c) => 0.7 * p + 0.3 * second[c]),
      ...second.map((p, c) => 0.7 * p + 0.3 * first[c]),
    ]);
  });

  it('are finite for a teacher who is as sure as a float32 can be', () => {
    const mixed = mixedSoftLabels(engine, engine.tf.tensor2d([1000, 0, 1000, 0], [2, 2]), 1, mixing(0.5));
    expect(numbers(mixed).every(Number.isFinite)).toBe(true);
  });
});
