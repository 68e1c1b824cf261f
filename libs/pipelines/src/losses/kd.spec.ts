import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { expectClose, expectValueAndGradients, golden } from '../../../../test/golden/pipelines.js';
import { kd } from './kd.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher } = golden.losses;
const logits = (values: number[]) => engine.tf.tensor2d(values, [values.length / classes, classes]);

describe('kd', () => {
  it.each([1, 2, 4])("is PyTorch's kl_div, batchmean, times T², at temperature %d, and so is its gradient", (t) => {
    const target = logits(teacher);
    expectValueAndGradients(engine, (s) => kd(engine, s, target, t), [logits(student)], golden.losses.kd[t]);
  });

  it('is zero, with no gradient, where the student says what the teacher says', () => {
    const same = logits(teacher);
    const { value, grads } = engine.tf.valueAndGrads(((s: never) => kd(engine, s, same, 4)) as never)([same] as never);
    expectClose(value.dataSync(), [0]);
    expectClose(grads[0].dataSync(), new Array<number>(teacher.length).fill(0));
  });

  it('keeps the size of its gradient when the temperature rises', () => {
    const small = (values: number[]) => logits(values.map((value) => value / 1000));
    const size = (t: number) => {
      const gradient = engine.tf.grad(((s: never) => kd(engine, s, small(teacher), t)) as never)(small(student));
      return engine.tf.norm(gradient).dataSync()[0];
    };
    // For logits far below T, ∂KD/∂z = (z − v) / (B · classes) whatever T (Hinton et al., 2015, eq. 4).
    expect(size(20) / size(2)).toBeCloseTo(1, 2);
  });
});
