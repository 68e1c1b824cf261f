import type { Program } from '#engine';
import { checkDivergence } from '../guards/negative-divergence.js';
import type { RunContext } from '../run-context.js';
import { checkLoss } from './divergence.js';
import type { RunningSums, Sums } from './running-sums.js';

const METRICS_PER_EPOCH = 10;
/** Where a window of metrics takes longer, its mean so far is shown, and a divergence found, about this often. Milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** Looks at a training's running sums now and then: says what the losses are, and finds one that cannot be. */
export interface TrainingCurve {
  /** Looks if it is time to; called after each step. @throws UserError as `check` */
  afterStep(program: Program, at: Moment): void;
  /**
   * Looks, and says nothing.
   * @throws UserError where a loss since the last look is no number, or the mean divergence since the last metrics is below
   *   zero, which the other parts of a loss would hide
   */
  check(program: Program, at: Moment): void;
}

/** How many steps are done, and the learning rate of the last of them. */
interface Moment {
  step: number;
  learningRate: number;
}

/**
 * Means over a tenth of an epoch, and every few seconds the mean so far.
 * @param firstStep how many steps are done when the curve begins
 */
export function trainingCurve(
  sums: Pick<RunningSums, 'look' | 'take'>,
  stepsPerEpoch: number,
  firstStep: number,
  context: Pick<RunContext, 'metrics'>,
): TrainingCurve {
  const metricsEvery = Math.max(1, Math.round(stepsPerEpoch / METRICS_PER_EPOCH));
  /** The first step whose loss nobody has looked at. */
  let unseen = firstStep;
  let lookedAt = performance.now();
  /** @param read how the sums are read: they go on, or begin again */
  const look = (read: (program: Program) => Sums, program: Program, { step, learningRate }: Moment): Sums => {
    const found = read(program);
    if (step > unseen) checkLoss(found.loss, { firstStep: unseen, lastStep: step - 1, learningRate });
    checkDivergence(found.divergence / windowLength(step), `of teacher and student, before step ${step},`);
    unseen = step;
    lookedAt = performance.now();
    return found;
  };
  /** How many steps the sums are over, once `step` steps are done. */
  const windowLength = (step: number): number => {
    const ofEpoch = ((step - 1) % stepsPerEpoch) + 1;
    return ((ofEpoch - 1) % metricsEvery) + 1;
  };
  const announce = (found: Sums, { step, learningRate }: Moment): void =>
    context.metrics(step, { ...meansOf(found, windowLength(step)), learningRate });
  return {
    afterStep: (program, at) => {
      if ((at.step % stepsPerEpoch) % metricsEvery === 0) announce(look(sums.take, program, at), at);
      else if (performance.now() - lookedAt > LOOK_EVERY_MS) announce(look(sums.look, program, at), at);
    },
    check: (program, at) => void look(sums.look, program, at),
  };
}

function meansOf({ loss, correct, labelled }: Sums, steps: number): Record<string, number> {
  return { 'train.loss': loss / steps, ...(labelled > 0 ? { 'train.top1': correct / labelled } : {}) };
}
