import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectValueAndGradients, type ValueWithGradients } from '../../../../test/golden/pipelines.js';
import { dist } from './dist.js';
import { dkd } from './dkd.js';
import { kd } from './kd.js';

/** Each mistake is made here on purpose, and the vectors of PyTorch must not let it pass. */

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, student, teacher, labels } = golden.losses;
const matrix = (values: number[]) => engine.tf.tensor2d(values, [values.length / classes, classes]);
const expectRefused = (compute: (logits: Tensor) => Tensor, expected: ValueWithGradients) => {
  const check = () => expectValueAndGradients(engine, compute, [matrix(student)], expected);
  expect(check).toThrow(/number \d+: /);
};

describe('the vectors of PyTorch refuse', () => {
  it('a KD without T²', () => {
    expectRefused((logits) => engine.tf.div(kd(engine, logits, matrix(teacher), 4), 16), golden.losses.kd[4]);
  });

  it('T² of a KD at a temperature that was left out of the softmax', () => {
    expectRefused((logits) => engine.tf.mul(kd(engine, logits, matrix(teacher), 1), 16), golden.losses.kd[4]);
  });

  it('a mean over images and classes (mean) where the sum over classes belongs (batchmean)', () => {
    expectRefused((logits) => engine.tf.div(kd(engine, logits, matrix(teacher), 4), classes), golden.losses.kd[4]);
  });

  it('a sum over the images (sum)', () => {
    expectRefused((logits) => engine.tf.mul(kd(engine, logits, matrix(teacher), 4), 6), golden.losses.kd[4]);
  });

  it('a softmax where the log-softmax belongs', () => {
    const { tf } = engine;
    const mistaken = (logits: Tensor) => {
      const softLabels = tf.softmax(tf.div(matrix(teacher), 4));
      const divergence = tf.mul(softLabels, tf.sub(tf.log(softLabels), tf.softmax(tf.div(logits, 4))));
      return tf.mul(tf.mean(tf.sum(divergence, -1)), 16);
    };
    expectRefused(mistaken, golden.losses.kd[4]);
  });

  it('the divergence the wrong way round', () => {
    expectRefused((logits) => kd(engine, matrix(teacher), logits, 4), golden.losses.kd[4]);
  });

  it('probabilities given as logits', () => {
    const probabilities = () => engine.tf.softmax(matrix(teacher));
    expectRefused((logits) => kd(engine, logits, probabilities(), 4), golden.losses.kd[4]);
  });

  it("rows of the teacher's that are those of other images", () => {
    const misaligned = [...teacher.slice(classes), ...teacher.slice(0, classes)];
    expectRefused((logits) => kd(engine, logits, matrix(misaligned), 4), golden.losses.kd[4]);
    const [, , expected] = golden.losses.dist;
    expectRefused((logits) => dist(engine, logits, matrix(misaligned), expected), expected);
  });

  it('classes of the teacher in another order', () => {
    const reversed = () => engine.tf.reverse(matrix(teacher), 1);
    expectRefused((logits) => kd(engine, logits, reversed(), 4), golden.losses.kd[4]);
  });

  it("a decoupled loss around the teacher's class where there is a label", () => {
    const { tf } = engine;
    const surest = tf.argMax(matrix(teacher), 1);
    expect([...surest.dataSync()]).not.toEqual(labels);
    const [, , expected] = golden.losses.dkd;
    const target = tf.oneHot(surest as never, classes).toFloat();
    expectRefused((logits) => dkd(engine, logits, matrix(teacher), target, expected), expected);
  });
});
