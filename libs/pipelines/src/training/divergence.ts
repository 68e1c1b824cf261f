import { UserError } from '#contracts';
import type { StateDict } from '#models';
import { allFinite } from '../guards/first-not-finite.js';

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
  throw new DivergedError(`the loss is ${sum} ${steps} (learning rate ${learningRate})`);
}

/**
 * A step whose loss was still a number may have made weights that are none.
 * @throws UserError naming the first such tensor
 */
export function checkState(state: StateDict, step: number): void {
  for (const [name, { values }] of Object.entries(state)) {
    if (allFinite(values)) continue;
    throw new DivergedError(`${name} holds numbers that are not finite before step ${step}`);
  }
}

/** A training's loss or weights are no numbers any more. */
export class DivergedError extends UserError {
  constructor(private readonly why: string) {
    super(`the training has diverged: ${why}`, {
      field: 'training.optimizer.learningRate',
      remedy:
        'Lower training.optimizer.learningRate, warm up longer (training.schedule.warmupEpochs), or set training.optimizer.clipNorm.',
    });
  }

  /** The same, with where it began, where that is known. */
  locatedAt(origin: string | undefined): DivergedError {
    return origin === undefined ? this : new DivergedError(`${this.why}; ${origin}`);
  }
}
