import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { kd } from '../losses/kd.js';
import { checkDivergence } from './negative-divergence.js';

describe('checkDivergence', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });
  const logits = (values: number[]) => engine.tf.tensor2d(values, [2, 3]);
  const valueOf = (tensor: Tensor) => tensor.dataSync()[0];

  it('passes the loss of a distillation, equal distributions included', () => {
    const teacher = logits([3, 1, -2, 0, 5, 5]);
    expect(() => checkDivergence(valueOf(kd(engine, teacher, teacher, 4)), 'here')).not.toThrow();
    expect(() => checkDivergence(valueOf(kd(engine, logits([0, 0, 9, 1, 2, 3]), teacher, 4)), 'here')).not.toThrow();
  });

  it('stops where soft labels do not sum to 1: a softmax that was forgotten', () => {
    const { tf } = engine;
    // Rows that sum to ½, and a student whose distribution is in proportion: Σ t · ln(t / p) = ½ · ln ½.
    const target = logits([0.3, 0.1, 0.1, 0.1, 0.3, 0.1]);
    const logProbabilities = tf.logSoftmax(tf.log(target));
    const wrong = valueOf(tf.mean(tf.sum(tf.mul(target, tf.sub(tf.log(target), logProbabilities)), -1)));
    expect(wrong).toBeCloseTo(Math.log(0.5) / 2, 5);
    expect(() => checkDivergence(wrong, 'of the soft labels')).toThrow(/the divergence of the soft labels is -\d/);
  });
});
