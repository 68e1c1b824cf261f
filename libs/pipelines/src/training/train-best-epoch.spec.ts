import { describe, expect, it } from 'vitest';
import { LEARNING_RATE, numberGround } from '../../../../test/pipelines/number-training.js';
import { recording } from '../../../../test/pipelines/toy.js';
import type { TrainingTask } from './training-task.js';

describe('a training that chooses an epoch by validation', () => {
  const ground = numberGround();
  const { train, value } = ground;

  /** Epoch → top-1. */
  const TOP1 = [0.1, 0.5, 0.3, 0.5, 0.2, 0.1, 0.9];
  /** Scores an epoch by its number; says what the weights were. */
  const validation = () => {
    const seen: number[] = [];
    const validate: TrainingTask['validate'] = async (program) => {
      program.pull();
      seen.push(value());
      // w has fallen by 0.25 a step, three steps an epoch; its average has a number of its own.
      const epoch = Math.round((1 - Math.min(...seen)) / (3 * LEARNING_RATE));
      return { top1: TOP1[epoch - 1], loss: 1 };
    };
    return { seen, more: { validate } };
  };

  it('keeps the weights of the best one', async () => {
    const context = recording('.');
    const result = await train(context, 3, { epochs: 5, keep: 'best' }, validation().more);
    expect(value()).toBe(1 - 2 * 3 * LEARNING_RATE);
    expect(result.validation).toEqual({ top1: 0.5, loss: 1 });
    expect(result.chosen).toEqual({ epoch: 2, epochsTrained: 5 });
  });

  it('ends after so many epochs without a better one, and keeps the last weights where that is asked for', async () => {
    const { seen, more } = validation();
    const result = await train(recording('.'), 3, { epochs: 7, patience: 3 }, more);
    expect(seen).toHaveLength(5);
    expect(value()).toBe(1 - 5 * 3 * LEARNING_RATE);
    expect(result.validation).toEqual({ top1: 0.2, loss: 1 });
    expect(result.chosen).toEqual({ epoch: 5, epochsTrained: 5 });
  });

  it('says nothing of it where validation has no say', async () => {
    const result = await train(recording('.'), 3, { epochs: 2 }, validation().more);
    expect(result.chosen).toBeUndefined();
    expect(result.validation).toEqual({ top1: 0.5, loss: 1 });
  });

  it('goes on from every checkpoint to the bit, from that of its last epoch too', async () => {
    const training = { epochs: 7, keep: 'best', patience: 2 };
    const unbroken = recording('.');
    const expected = await train(unbroken, 3, training, validation().more);
    expect(unbroken.checkpoints).toHaveLength(4);
    const kept = value();
    for (const checkpoint of unbroken.checkpoints) {
      ground.w.assign(ground.engine.tf.scalar(5));
      const continued = recording('.', { continueFrom: checkpoint });
      const { seen, more } = validation();
      const { validation: score, chosen } = await train(continued, 3, training, more);
      expect(value()).toBe(kept);
      expect({ validation: score, chosen }).toEqual({ validation: expected.validation, chosen: expected.chosen });
      expect(seen.length).toBeLessThan(4);
    }
  });

  it('refuses to choose where nothing is validated', async () => {
    const failure = train(recording('.'), 3, { keep: 'best' });
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'training.keep' });
  });

  it('keeps the average of the best epoch where averages are validated', async () => {
    const { seen, more } = validation();
    const scores = [0.1, 0.7, 0.3];
    const validate: TrainingTask['validate'] = async (program) => {
      await more.validate(program);
      return { top1: scores[seen.length - 1], loss: 1 };
    };
    await train(recording('.'), 3, { epochs: 3, keep: 'best', averageDecay: 0.75 }, { validate });
    expect(value()).toBe(seen[1]);
    expect(seen[1]).not.toBe(1 - 2 * 3 * LEARNING_RATE);
  });
});

/** Of a function's parameters, all but the first. */
