import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose, expectValueAndGradients } from '../../../../test/golden/pipelines.js';
import { kd } from './kd.js';
import { standardiseLogits } from './logit-standardisation.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher } = golden.losses;
const matrix = (values: number[]) => engine.tf.tensor2d(values, [values.length / classes, classes]);

describe('standardiseLogits', () => {
  it.each([1, 2])("gives with KD PyTorch's value and gradient at temperature %d", (t) => {
    const target = standardiseLogits(engine, matrix(teacher));
    const compute = (logits: Tensor) => kd(engine, standardiseLogits(engine, logits), target, t);
    expectValueAndGradients(engine, compute, [matrix(student)], golden.losses.logitStandardisation[t]);
  });

  it('makes logits that differ by scale and offset the same', () => {
    const { tf } = engine;
    const other = tf.add(tf.mul(matrix(teacher), 5), 3);
    expectClose(standardiseLogits(engine, other).dataSync(), standardiseLogits(engine, matrix(teacher)).dataSync());
  });

  it('is zero, with a gradient that is a number, for logits that are all alike', () => {
    const { tf } = engine;
    const compute = (logits: Tensor) => tf.sum(standardiseLogits(engine, logits));
    const { value, grads } = tf.valueAndGrads(compute as never)([tf.ones([2, classes])] as never);
    expectClose(value.dataSync(), [0]);
    expect(Array.from(grads[0].dataSync()).every(Number.isFinite)).toBe(true);
  });
});
