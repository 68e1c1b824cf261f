import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose, expectValueAndGradients } from '../../../../test/golden/pipelines.js';
import { dkd } from './dkd.js';
import { kd } from './kd.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher, labels } = golden.losses;
const matrix = (values: ArrayLike<number>) =>
  engine.tf.tensor2d(Float32Array.from(values), [values.length / classes, classes]);
const oneHot = (indices: number[]): Tensor => engine.tf.oneHot(engine.tf.tensor1d(indices, 'int32'), classes).toFloat();

describe('dkd', () => {
  it.each(golden.losses.dkd)(
    "is PyTorch's value and gradient at alpha $alpha, beta $beta and temperature $temperature",
    (expected) => {
      const [target, labelled] = [matrix(teacher), oneHot(labels)];
      const compute = (logits: Tensor) => dkd(engine, logits, target, labelled, expected);
      expectValueAndGradients(engine, compute, [matrix(student)], expected);
    },
  );

  it('is KD where the others count by 1 − p of the target class (Zhao et al., 2022, eq. 6)', () => {
    // One image, so that one β is that of all images.
    const [s, t] = [matrix(student.slice(0, classes)), matrix(teacher.slice(0, classes))];
    const beta = 1 - engine.tf.softmax(t.div(3)).dataSync()[labels[0]];
    const decoupled = dkd(engine, s, t, oneHot([labels[0]]), { alpha: 1, beta, temperature: 3 });
    expectClose(decoupled.dataSync(), kd(engine, s, t, 3).dataSync());
  });

  it('is finite where the teacher is as sure as a float32 can be, and zero for its own logits', () => {
    const sure = matrix([500, 0, -500, 3, 1]);
    const options = { alpha: 1, beta: 8, temperature: 1 };
    const own = dkd(engine, sure, sure, oneHot([0]), options);
    expectClose(own.dataSync(), [0]);
    const other = dkd(engine, matrix([-500, 0, 500, 3, 1]), sure, oneHot([0]), options);
    expect(Number.isFinite(other.dataSync()[0])).toBe(true);
  });
});
