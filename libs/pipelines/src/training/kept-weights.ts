import type { Engine, Program, ProgramFunction, Variable, WeightAverage } from '#engine';
import { assignVariables, readVariables, type StateDict } from '#models';
import { percent } from '../report/html/number-words.js';
import type { Score } from '../report/score.js';
import type { Checkpoint, RunContext } from '../run-context.js';
import { betterEpoch, checkHasValidation } from './best-epoch.js';
import { bestWeightsOf, keptAsBest, type TrainingPosition } from './training-position.js';
import type { TrainingTask } from './training-task.js';

/** Which weights a training keeps: the last ones, their average, or those of the best validation epoch. */
export interface KeptWeights {
  /** Belong into the training's program. */
  readonly functions: Readonly<Record<string, ProgramFunction>>;
  /** What a checkpoint must hold beside the state. */
  tensors(): StateDict;
  /** Scores the weights, or their average, and remembers them where they are the best so far. */
  validate(program: Program, epoch: number): Promise<void>;
  /** Puts those that are kept into the variables, and says which they are where validation had a say in it. */
  finish(program: Program, epochsTrained: number): { epoch: number; epochsTrained: number } | undefined;
}

/** @param position its scores are set with each validation, and at the end to that of the weights that are kept */
export function keptWeights(
  engine: Engine,
  { training, validate, network }: Pick<TrainingTask, 'training' | 'validate'> & { network: Record<string, Variable> },
  average: WeightAverage | undefined,
  position: Pick<TrainingPosition, 'step' | 'validation' | 'best'>,
  checkpoint: Checkpoint | undefined,
  context: Pick<RunContext, 'metrics' | 'log'>,
): KeptWeights {
  const { epochs, keep, patience } = training;
  let best = bestWeightsOf(checkpoint);
  /** The averages take the weights' place, and the other way round when it is called again. */
  const exchange = (program: Program): void => {
    if (average !== undefined) program.call('exchange', {});
  };
  const announce = (epoch: number, { loss, top1 }: Score): void => {
    context.metrics(position.step, { 'validation.loss': loss, 'validation.top1': top1 });
    context.log('info', `Epoch ${epoch} of ${epochs}: validation top-1 ${percent(top1)}, loss ${loss.toFixed(4)}`);
  };
  return {
    functions: average === undefined ? {} : { exchange: exchangeFunction(average) },
    tensors: () => keptAsBest(best),
    validate: async (program, epoch) => {
      exchange(program);
      const score = await validate(program);
      position.validation = score;
      if (score === undefined) checkHasValidation({ keep, patience }, 0);
      else {
        const before = position.best;
        position.best = betterEpoch(before, { epoch, score });
        if (keep === 'best' && position.best !== before) {
          program.pull();
          best = readVariables(network);
        }
      }
      exchange(program);
      if (score !== undefined) announce(epoch, score);
    },
    finish: (program, epochsTrained) => {
      if (best === undefined) {
        exchange(program);
        program.pull();
      } else {
        assignVariables(engine, network, best, { owner: 'this training' });
        position.validation = position.best?.score;
      }
      if (keep === 'last' && patience === undefined) return undefined;
      const epoch = best === undefined ? epochsTrained : position.best!.epoch;
      context.log('info', `The weights of epoch ${epoch} are kept, of ${epochsTrained} trained (at most ${epochs})`);
      return { epoch, epochsTrained };
    },
  };
}

function exchangeFunction(average: WeightAverage): ProgramFunction {
  return {
    inputs: {},
    run: () => {
      average.exchange();
      return {};
    },
  };
}
