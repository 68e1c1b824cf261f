import { describe, expect, it, vi } from 'vitest';
import type { Tensor } from '#engine';
import { LEARNING_RATE, numberGround } from '../../../../test/pipelines/number-training.js';
import { recording } from '../../../../test/pipelines/toy.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.js';
import type { TrainingTask } from './training-task.js';

/** The training of one number w, whose loss is w · slope(step): what becomes of it is known by hand. */
describe('trainNetwork', () => {
  const ground = numberGround();
  const { train, value } = ground;
  /** A clock on which everything takes long. */
  const slowClock = (ms: number) => {
    let now = 0;
    return vi.spyOn(performance, 'now').mockImplementation(() => (now += ms));
  };

  it('takes every step, and tells the means of a tenth of an epoch at a time', async () => {
    const context = recording('.');
    await train(context, 20);
    expect(value()).toBe(1 - 20 * LEARNING_RATE);
    expect(context.points).toEqual(
      Array.from({ length: 10 }, (_, window) => ({
        step: 2 * window + 2,
        // Of the steps 2i and 2i + 1: w is 1 − 0.25 · step; one of the second step's images is misjudged.
        values: {
          'train.loss': 1 - LEARNING_RATE * (2 * window + 0.5),
          'train.top1': 0.75,
          learningRate: LEARNING_RATE,
        },
      })),
    );
  });

  it('reads nothing back from a step: only where metrics are due', async () => {
    const { tf } = ground.engine;
    const reads = vi.spyOn(tf.backend(), 'readSync');
    const within: number[] = [];
    try {
      await train(
        recording('.'),
        40,
        {},
        {
          async *batches() {
            for (let batch = 0; batch < 40; batch++) {
              within.push(reads.mock.calls.length);
              yield { labels: tf.tensor1d([0, 1], 'int32'), labelled: tf.tensor1d([1, 1]) };
            }
          },
        },
      );
    } finally {
      reads.mockRestore();
    }
    const perStep = within.slice(1).map((count, step) => count - within[step]);
    // Four sums after every fourth step.
    expect(perStep.filter((count) => count > 0)).toEqual(Array(9).fill(4));
  });

  it('shows the mean so far where a window takes long, and goes on summing', async () => {
    const clock = slowClock(2000);
    const context = recording('.');
    await train(context, 50);
    clock.mockRestore();
    const ends = context.points.filter(({ step }) => step % 5 === 0);
    expect(context.points.length).toBeGreaterThan(10);
    expect(ends).toHaveLength(10);
    // Of the first five steps, and of those before it: w is 1 − 0.25 · step.
    expect(ends[0].values['train.loss']).toBeCloseTo(1 - LEARNING_RATE * 2, 6);
    const [first] = context.points;
    expect(first.values['train.loss']).toBeCloseTo(1 - (LEARNING_RATE * (first.step - 1)) / 2, 6);
  });

  it('goes on from a checkpoint in the middle of a window with the sums that it had', async () => {
    const clock = slowClock(4000);
    const unbroken = recording('.');
    await train(unbroken, 50);
    clock.mockRestore();
    const positions = await Promise.all(unbroken.checkpoints.map(readCheckpoint));
    const at = positions.findIndex(({ position }) => (position.step as number) % 5 === 3);
    expect(at).toBeGreaterThanOrEqual(0);
    ground.w.assign(ground.engine.tf.scalar(99));
    const continued = recording('.', { continueFrom: unbroken.checkpoints[at] });
    await train(continued, 50);
    expect(continued.points[0]).toEqual(unbroken.points.find(({ step }) => step === continued.points[0].step));
    expect(value()).toBe(1 - 50 * LEARNING_RATE);
  });

  it('goes on, to the same end, from a checkpoint of the time before divergences were summed', async () => {
    const unbroken = recording('.');
    await train(unbroken, 4, { epochs: 2 });
    const [first] = await Promise.all(unbroken.checkpoints.map(readCheckpoint));
    const { 'sums/divergence': _, ...state } = first.state;
    expect(Object.keys(first.state)).toHaveLength(Object.keys(state).length + 1);
    ground.w.assign(ground.engine.tf.scalar(99));
    const continued = recording('.', { continueFrom: writeCheckpoint({ ...first, state }) });
    await train(continued, 4, { epochs: 2 });
    expect(value()).toBe(1 - 8 * LEARNING_RATE);
    expect(continued.points).toEqual(unbroken.points.slice(4));
    const { w: __, ...less } = state;
    const broken = recording('.', { continueFrom: writeCheckpoint({ ...first, state: less }) });
    await expect(train(broken, 4, { epochs: 2 })).rejects.toThrow(/do not fit this training/);
  });

  it('ends where the divergence in a loss is below zero, although the loss is not', async () => {
    const { tf } = ground.engine;
    const objective: TrainingTask['objective'] = () => {
      const divergence = tf.mul(ground.w as Tensor, -0.5);
      return { loss: tf.add(divergence, 20), divergence, logits: tf.zeros([2, 2]) };
    };
    const context = recording('.');
    const failure = train(context, 10, {}, { objective });
    await expect(failure).rejects.toThrow('the divergence of teacher and student, before step 1, is -0.5000');
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'loss' });
    expect(context.points).toEqual([]);
  });

  const nanFrom = (step: number): Partial<TrainingTask> => ({
    objective: ({ step: at }) => {
      const { tf } = ground.engine;
      const bad = tf.cast(tf.greaterEqual(at, step), 'float32');
      // 0 / 0 from that step on.
      const loss = tf.mul(ground.w as Tensor, tf.div(tf.sub(1, bad), tf.sub(1, bad)));
      return { loss, logits: tf.zeros([2, 2]) };
    },
  });

  it('finds a loss that is no number at the end of its window, and names the steps', async () => {
    const context = recording('.');
    const failure = train(context, 100, {}, nanFrom(23));
    await expect(failure).rejects.toThrow(/diverged: the loss is NaN at a step from 20 to 29 \(learning rate 0\.25\)/);
    await expect(failure).rejects.toMatchObject({
      field: 'training.optimizer.learningRate',
      remedy: expect.stringContaining('training.optimizer.clipNorm'),
    });
    expect(context.checkpoints).toHaveLength(0);
    expect(context.points.map(({ step }) => step)).toEqual([10, 20]);
  });

  it('finds it within seconds where a window takes longer, and before any checkpoint of it', async () => {
    const clock = slowClock(500);
    const context = recording('.');
    await expect(train(context, 1000, {}, nanFrom(63))).rejects.toThrow(/NaN at a step from 6[0-3] to 6[3-6] /);
    clock.mockRestore();
    expect(context.checkpoints.length).toBeGreaterThan(0);
    for (const checkpoint of await Promise.all(context.checkpoints.map(readCheckpoint))) {
      expect(checkpoint.position.step).toBeLessThanOrEqual(63);
      expect(Object.values(checkpoint.state).every(({ values }) => values.every(Number.isFinite))).toBe(true);
    }
  });

  it('saves no checkpoint of weights that a step has just made infinite', async () => {
    const { tf } = ground.engine;
    const context = recording('.');
    ground.w.assign(tf.scalar(0));
    // At the last step w · slope is still zero, and learning rate · slope is more than a float32 holds.
    const objective: TrainingTask['objective'] = ({ step }) => {
      const slope = tf.mul(tf.cast(tf.equal(step, 3), 'float32'), 3e38);
      return { loss: tf.mul(ground.w as Tensor, slope), logits: tf.zeros([2, 2]) };
    };
    const failure = train(context, 4, { optimizer: { learningRate: 4, momentum: 0 } }, { objective });
    await expect(failure).rejects.toThrow('diverged: w holds numbers that are not finite before step 4');
    expect(context.checkpoints).toHaveLength(0);
  });

  it('validates and keeps the weights’ average where the spec asks for one, and trains on the weights', async () => {
    const seen: number[] = [];
    const context = recording('.');
    const validate: TrainingTask['validate'] = async (program) => {
      program.pull();
      seen.push(value());
      return undefined;
    };
    await train(context, 3, { epochs: 2, averageDecay: 0.75 }, { validate });
    // a ← d·a + (1 − d)·w with d = min(0.75, (1 + t) / (10 + t)), w = 1 − 0.25 · (t + 1).
    const averages: number[] = [];
    let average = 1;
    for (let step = 0; step < 6; step++) {
      const d = Math.min(0.75, (1 + step) / (10 + step));
      average = d * average + (1 - d) * (1 - LEARNING_RATE * (step + 1));
      averages.push(average);
    }
    expect(seen[0]).toBeCloseTo(averages[2], 5);
    expect(seen[1]).toBeCloseTo(averages[5], 5);
    expect(value()).toBeCloseTo(averages[5], 5);
    const last = await readCheckpoint(context.checkpoints[1]);
    expect(last.state.w.values[0]).toBe(1 - 6 * LEARNING_RATE);
    expect(last.state['average/w'].values[0]).toBeCloseTo(averages[5], 5);
  });

  it.each([
    ['adamw', { kind: 'adamw', learningRate: 0.1 }],
    ['lars', { kind: 'lars', learningRate: 0.1 }],
    ['sgd with clipped gradients', { learningRate: 0.1, nesterov: true, clipNorm: 0.5, weightDecay: 0.01 }],
  ])('goes on to the bit with %s and an average', async (_, optimizer) => {
    const training = { epochs: 3, optimizer, averageDecay: 0.9, schedule: { kind: 'step', milestones: [1, 2] } };
    const objective: TrainingTask['objective'] = () => ({
      loss: ground.engine.tf.square(ground.w as Tensor),
      logits: ground.engine.tf.zeros([2, 2]),
    });
    const unbroken = recording('.');
    await train(unbroken, 7, training, { objective });
    const kept = value();
    for (const checkpoint of unbroken.checkpoints) {
      ground.w.assign(ground.engine.tf.scalar(5));
      await train(recording('.', { continueFrom: checkpoint }), 7, training, { objective });
      expect(value()).toBe(kept);
    }
  });

  it('leaves no tensor behind', async () => {
    const training = { averageDecay: 0.9, optimizer: { kind: 'adamw' } };
    await train(recording('.'), 4, training);
    const before = ground.engine.tf.memory().numTensors;
    await train(recording('.'), 4, training);
    await expect(train(recording('.'), 4, training, nanFrom(1))).rejects.toThrow('diverged');
    expect(ground.engine.tf.memory().numTensors).toBe(before);
  });
});

/** Of a function's parameters, all but the first. */
