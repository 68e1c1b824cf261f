import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose, expectValueAndGradients } from '../../../../test/golden/pipelines.js';
import { dist } from './dist.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher } = golden.losses;
const matrix = (values: number[]) => engine.tf.tensor2d(values, [values.length / classes, classes]);

describe('dist', () => {
  it.each(golden.losses.dist)(
    "is PyTorch's value and gradient at beta $beta, gamma $gamma and temperature $temperature",
    (expected) => {
      const target = matrix(teacher);
      const compute = (logits: Tensor) => dist(engine, logits, target, expected);
      expectValueAndGradients(engine, compute, [matrix(student)], expected);
    },
  );

  it('is zero for probabilities that vary as the teacher’s do, though they are others', () => {
    const { tf } = engine;
    // Half of the teacher's probabilities and half of equal ones: correlated to 1 along both axes.
    const softer = tf.log(tf.add(tf.mul(tf.softmax(matrix(teacher)), 0.5), 0.5 / classes));
    const loss = dist(engine, softer, matrix(teacher), { beta: 1, gamma: 1, temperature: 1 });
    expectClose(loss.dataSync(), [0]);
  });

  it('has no gradient, and is a number, where a student gives all images and classes the same', () => {
    const { tf } = engine;
    const target = matrix(teacher);
    const compute = (logits: Tensor) => dist(engine, logits, target, { beta: 1, gamma: 1, temperature: 4 });
    const { value, grads } = tf.valueAndGrads(compute as never)([tf.zerosLike(target)] as never);
    expectClose(value.dataSync(), [2 * 16]);
    expect(Array.from(grads[0].dataSync()).every(Number.isFinite)).toBe(true);
  });

  it('has a finite gradient where teacher and student hardly vary from image to image', () => {
    const { tf } = engine;
    const [base] = tf.split(matrix(teacher), [1, -1]);
    const almost = (scale: number) => tf.add(base, tf.mul(matrix(student), scale));
    for (const scale of [1e-4, 1e-6, 0]) {
      const compute = (logits: Tensor) => dist(engine, logits, almost(scale), { beta: 1, gamma: 1, temperature: 4 });
      const { grads } = tf.valueAndGrads(compute as never)([almost(scale)] as never);
      expect(Array.from(grads[0].dataSync()).every((value) => Math.abs(value) < 1e6)).toBe(true);
    }
  });
});
