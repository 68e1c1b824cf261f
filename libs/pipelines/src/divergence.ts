import { UserError } from '#contracts';
import type { StateDict } from '#models';

interface Where {
  /** The steps that were taken since the last look at the losses, the last one included. */
  firstStep: number;
  lastStep: number;
  learningRate: number;
}

/** @throws UserError where the losses' sum is no longer a number: then one of them is not */
export function checkLoss(sum: number, { firstStep, lastStep, learningRate }: Where): void {
  if (Number.isFinite(sum)) return;
  const steps = firstStep === lastStep ? `at step ${lastStep}` : `at a step from ${firstStep} to ${lastStep}`;
  throw diverged(`the loss is ${sum} ${steps} (learning rate ${learningRate})`);
}

/**
 * A step whose loss was still a number may have made weights that are none.
 * @throws UserError naming the first such tensor
 */
export function checkState(state: StateDict, step: number): void {
  for (const [name, { values }] of Object.entries(state)) {
    if (allFinite(values)) continue;
    throw diverged(`${name} holds numbers that are not finite before step ${step}`);
  }
}

/** A product with zero is zero for every number; a plain loop, since there may be many millions of them. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0;
}

function diverged(why: string): UserError {
  return new UserError(`the training has diverged: ${why}`, {
    field: 'training.optimizer.learningRate',
    remedy:
      'Lower training.optimizer.learningRate, warm up longer (training.schedule.warmupEpochs), or set training.optimizer.clipNorm.',
  });
}
