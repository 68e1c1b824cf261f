import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { expectClose, expectValueAndGradients, golden } from '../../../../test/golden/pipelines.js';
import { crossEntropy } from './cross-entropy.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, labels, labelled } = golden.losses;
const logits = () => engine.tf.tensor2d(student, [labels.length, classes]);
const oneHot = () => engine.tf.oneHot(engine.tf.tensor1d(labels, 'int32'), classes).toFloat();

describe('crossEntropy', () => {
  it('counts labelled images alone, as PyTorch with a mask, and so does its gradient', () => {
    const mask = engine.tf.tensor1d(labelled);
    const compute = (z: never) => crossEntropy(engine, z, oneHot(), mask);
    expectValueAndGradients(engine, compute as never, [logits()], golden.losses.crossEntropy);
  });

  it("is PyTorch's cross_entropy where every image has a label", () => {
    const mask = engine.tf.ones([labels.length]);
    const compute = (z: never) => crossEntropy(engine, z, oneHot(), mask);
    expectValueAndGradients(engine, compute as never, [logits()], golden.losses.multinomial);
  });

  it('is zero without a label in the batch, whatever stands in place of the labels', () => {
    const { tf } = engine;
    const nobody = tf.zeros([labels.length]);
    const anything = tf.fill([labels.length, classes], 1 / classes);
    const loss = crossEntropy(engine, logits(), anything, nobody).dataSync();
    expectClose(loss, [0]);
    expect(Number.isFinite(loss[0])).toBe(true);
  });
});
