import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tensor, Variable } from '#engine';
import { numberGround } from '../../../../test/pipelines/number-training.js';
import { recording } from '../../../../test/pipelines/toy.js';
import { readCheckpoint } from './checkpoint-file.js';
import type { TrainingTask } from './training-task.js';

describe('a training that thaws its parameters one after the other', () => {
  const ground = numberGround();
  const { train, value } = ground;

  let late: Variable;
  beforeEach(() => {
    late = ground.engine.tf.variable(ground.engine.tf.scalar(2));
  });
  afterEach(() => late.dispose());
  const task = (): Partial<TrainingTask> => ({
    parameters: { w: ground.w, late },
    groups: [
      { parameters: ['w'], fromStep: 0 },
      { parameters: ['late'], fromStep: 5 },
    ],
    objective: (_inputs, { complete }) => {
      const { tf } = ground.engine;
      asked.push(complete);
      const loss = tf.add(tf.square(ground.w as Tensor), tf.square(late as Tensor));
      return { loss, logits: tf.zeros([2, 2]) };
    },
  });
  let asked: boolean[] = [];

  it.each([
    ['sgd with momentum', { learningRate: 0.01, momentum: 0.9, weightDecay: 0.1 }],
    ['adamw', { kind: 'adamw', learningRate: 0.01 }],
  ])('leaves what is frozen alone to the bit, and starts it as if it were new: %s', async (_, optimizer) => {
    asked = [];
    const context = recording('.');
    await train(context, 5, { epochs: 2, optimizer }, task());
    expect(new Set(asked)).toEqual(new Set([false, true]));
    const thawed = await readCheckpoint(context.checkpoints[0]);
    expect(thawed.state.late.values[0]).toBe(2);
    expect(Object.entries(thawed.state).filter(([name]) => name.startsWith('group1/'))).not.toHaveLength(0);
    for (const [name, { values }] of Object.entries(thawed.state)) {
      if (name.startsWith('group1/')) expect([...values], name).toEqual([0]);
    }
    // Trained alone from its start, it takes the same steps.
    const found = late.dataSync()[0];
    const alone = ground.engine.tf.variable(ground.engine.tf.scalar(2));
    await train(
      recording('.'),
      5,
      { optimizer },
      {
        parameters: { alone },
        objective: () => ({ loss: ground.engine.tf.square(alone as Tensor), logits: ground.engine.tf.zeros([2, 2]) }),
      },
    );
    expect(found).toBe(alone.dataSync()[0]);
    alone.dispose();
  });

  it('clips the gradients of all that is trained together', async () => {
    await train(recording('.'), 6, { optimizer: { learningRate: 1, momentum: 0, clipNorm: 0.5 } }, task());
    // Five steps of 0.5 on w alone, 1 → 0.5 → 0 → (gradient 0), then both gradients at once: (0, 4), of which 0.5 is left.
    expect(ground.w.dataSync()[0]).toBeCloseTo(0, 5);
    expect(late.dataSync()[0]).toBeCloseTo(1.5, 5);
  });

  it('goes on from a checkpoint before and after the thaw to the bit', async () => {
    const training = { epochs: 4, optimizer: { kind: 'adamw', learningRate: 0.1 }, averageDecay: 0.9 };
    const unbroken = recording('.');
    await train(unbroken, 4, training, task());
    const kept = [value(), late.dataSync()[0]];
    for (const checkpoint of unbroken.checkpoints) {
      ground.w.assign(ground.engine.tf.scalar(7));
      late.assign(ground.engine.tf.scalar(7));
      await train(recording('.', { continueFrom: checkpoint }), 4, training, task());
      expect([value(), late.dataSync()[0]]).toEqual(kept);
    }
  });
});

/** Of a function's parameters, all but the first. */
