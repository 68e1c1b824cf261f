import {
  createProgram,
  createWeightAverage,
  learningRateAt,
  type Engine,
  type Program,
  type ProgramFunction,
  type ProgramInput,
  type WeightAverage,
} from '#engine';
import { assignVariables, readVariables } from '#models';
import { betterEpoch, checkHasValidation, isPatienceOver } from './best-epoch.js';
import { checkLoss, checkState, DivergedError } from './divergence.js';
import { groupedOptimizer } from './grouped-optimizer.js';
import { locateDivergence, snapshotOf } from '../guards/locate-divergence.js';
import type { ProgressMeter } from '../progress-meter.js';
import type { Checkpoint, RunContext } from '../run-context.js';
import { runningSums, type Sums } from './running-sums.js';
import { stayResponsive } from '../stay-responsive.js';
import { bestWeightsOf, keptAsBest, startingPosition } from './training-position.js';
import { trainingStep } from './training-step.js';
import type { Score, TrainingTask } from './training-task.js';
import { phaseAt, type ParameterGroup } from './unfreezing.js';

export interface TrainingSurroundings {
  engine: Engine;
  context: RunContext;
  meter: ProgressMeter;
  /** What the training depends on; a checkpoint of another identity is none of this training. */
  identity: string;
  checkpoint?: Checkpoint;
  /** Milliseconds that this run has taken up to now, earlier attempts included. */
  elapsedMs(): number;
}

export interface TrainingResult {
  /** Of the weights that are kept. */
  validation?: Score;
  /** Which epoch's weights are kept, and of how many, where validation had a say in either. */
  chosen?: { epoch: number; epochsTrained: number };
  /** Training images per second of this attempt, validation not counted. */
  imagesPerSecond?: number;
}

/** In an epoch that takes longer, a checkpoint is written about this often. Milliseconds. */
const CHECKPOINT_EVERY_MS = 30_000;
const METRICS_PER_EPOCH = 10;
/** Where a window of metrics takes longer, its mean so far is shown, and a divergence found, about this often. Milliseconds. */
const LOOK_EVERY_MS = 5_000;

/**
 * Minimises  objective + λ·L_reg  by the spec's optimizer; the variables hold the result. The whole step, with
 * augmentation and update, is one captured function, which reads nothing back: losses and right answers are summed in
 * the program's state and looked at ten times an epoch, every few seconds, and before each checkpoint.
 *
 * Everything that a step depends on is its number and the state: order and augmentation of the images are functions of
 * (seed, epoch, step), so a training that goes on from a checkpoint computes, to the bit, what an unbroken one does. The
 * last weights (or, with `averageDecay`, their average) are kept unless the spec asks for those of the best validation
 * epoch: the learning rate ends at zero, and choosing among epochs on few validation images makes the validation score
 * of the chosen one too good. While some groups of parameters are frozen, the step is another function, which computes no
 * gradient of theirs.
 * @throws UserError where a loss or a weight is no longer a number, or where the best epoch is asked for and nothing is
 *   validated; the abort signal's reason
 */
export async function trainNetwork(
  task: TrainingTask,
  { engine, context, meter, identity, checkpoint, elapsedMs }: TrainingSurroundings,
): Promise<TrainingResult> {
  const { tf } = engine;
  const { epochs, schedule, optimizer: options, averageDecay, keep, patience } = task.training;
  const { stepsPerEpoch, batchSize, parameters, statistics } = task;
  const groups: readonly ParameterGroup[] = task.groups ?? [{ parameters: Object.keys(parameters), fromStep: 0 }];
  const names = groups.map((group) => [...group.parameters]);
  const optimizer = groupedOptimizer(
    engine,
    names.map((ofGroup) => Object.fromEntries(ofGroup.map((name) => [name, parameters[name]]))),
    { ...options, learningRateFactors: task.learningRateFactors },
  );
  const average =
    averageDecay === undefined
      ? undefined
      : createWeightAverage(engine, { ...parameters, ...statistics }, { decay: averageDecay });
  const sums = runningSums(engine);
  const own = { ...optimizer.slots, ...average?.slots, ...sums.slots };
  const network = { ...parameters, ...statistics };
  const state = { ...network, ...own };
  let program: Program | undefined;
  /** Where a divergence is looked for. */
  let locate: (() => Promise<string | undefined>) | undefined;
  try {
    const position = await startingPosition(engine, task.training, context, state, identity, checkpoint);
    /** The step of as many groups as are trained, with the state as the variables hold it. */
    const programFor = (trained: number): Program =>
      createProgram(engine, {
        state,
        functions: {
          ...task.functions,
          train: trainingStep(engine, task, { groups: names, trained, optimizer }, sums, average),
          sums: sums.function,
          ...(average === undefined ? {} : { exchange: exchangeFunction(average) }),
        },
        precision: position.precision,
      });
    let phase = phaseAt(groups, position.step);
    program = programFor(phase.groups);
    let best = bestWeightsOf(checkpoint);
    const metricsEvery = Math.max(1, Math.round(stepsPerEpoch / METRICS_PER_EPOCH));
    const firstStep = position.step;
    /** The first step whose loss nobody has looked at. */
    let unseen = firstStep;
    let learningRate = 0;
    let trainingMs = 0;
    let savedAt = performance.now();
    let lookedAt = savedAt;
    let snapshot = snapshotOf(readVariables(state), firstStep);
    const rateAt = (step: number) => options.learningRate * learningRateAt(schedule, step, stepsPerEpoch, epochs);
    locate = async () => {
      // Where parameters have thawed since, the step is another.
      if (snapshot === undefined || program === undefined) return undefined;
      if (phaseAt(groups, snapshot.step).groups !== phase.groups) return undefined;
      const running = program;
      return locateDivergence({
        ...{ engine, task, program: running, state, sums, snapshot, signal: context.signal },
        complete: phase.groups === groups.length,
        takeStep: (batch, step) => takeStep(engine, running, batch, rateAt(step), step),
      });
    };

    /** @param read how the sums are read: they go on, or begin again */
    const look = (running: Program, read: (program: Program) => Sums): Sums => {
      const found = read(running);
      if (position.step > unseen) {
        checkLoss(found.loss, { firstStep: unseen, lastStep: position.step - 1, learningRate });
      }
      unseen = position.step;
      lookedAt = performance.now();
      return found;
    };
    const announce = (found: Sums): void =>
      context.metrics(position.step, { ...meansOf(found, windowLength(position.step)), learningRate });
    /** How many steps the sums are over, once `step` steps are done. */
    const windowLength = (step: number): number => {
      const ofEpoch = ((step - 1) % stepsPerEpoch) + 1;
      return ((ofEpoch - 1) % metricsEvery) + 1;
    };
    const save = async (running: Program): Promise<void> => {
      look(running, sums.look);
      running.pull();
      const tensors = { ...readVariables(state), ...task.kept, ...keptAsBest(best) };
      checkState(tensors, position.step);
      snapshot = snapshotOf(tensors, position.step);
      await context.saveCheckpoint({ state: tensors, position: { ...position, elapsedMs: elapsedMs() } });
      savedAt = performance.now();
    };
    /** The averages take the weights' place, and the other way round when it is called again. */
    const exchange = (running: Program): void => {
      if (average !== undefined) running.call('exchange', {});
    };

    /** Scores the weights, or their average, and remembers them where they are the best so far. */
    const validate = async (running: Program, epoch: number): Promise<void> => {
      exchange(running);
      const score = await task.validate(running);
      position.validation = score;
      if (score === undefined) checkHasValidation({ keep, patience }, 0);
      else {
        const before = position.best;
        position.best = betterEpoch(before, { epoch, score });
        if (keep === 'best' && position.best !== before) {
          running.pull();
          best = readVariables(network);
        }
      }
      exchange(running);
    };

    meter.begin('train', firstStep);
    let epoch = Math.floor(firstStep / stepsPerEpoch);
    for (; epoch < epochs && !isPatienceOver({ keep, patience }, position.best, epoch); epoch++) {
      let began = performance.now();
      try {
        for await (const batch of task.batches(epoch, position.step % stepsPerEpoch)) {
          if (position.step >= phase.endStep) {
            phase = phaseAt(groups, position.step);
            program.pull();
            program.dispose();
            program = programFor(phase.groups);
          }
          learningRate = rateAt(position.step);
          takeStep(engine, program, batch, learningRate, position.step);
          position.step++;
          meter.advance(position.step, { epoch: epoch + 1, epochs });

          const endOfEpoch = position.step % stepsPerEpoch === 0;
          if ((position.step % stepsPerEpoch) % metricsEvery === 0) announce(look(program, sums.take));
          else if (performance.now() - lookedAt > LOOK_EVERY_MS) announce(look(program, sums.look));
          await stayResponsive(context.signal);
          if (!endOfEpoch && performance.now() - savedAt > CHECKPOINT_EVERY_MS) await save(program);
        }
      } catch (error) {
        // An interrupted run goes on from its last step. At the end of an epoch its validation would be missed.
        if (error === context.signal.reason && position.step % stepsPerEpoch !== 0) await save(program);
        throw error;
      }
      trainingMs += performance.now() - began;
      began = performance.now();
      await validate(program, epoch + 1);
      if (position.validation !== undefined) {
        const { loss, top1 } = position.validation;
        context.metrics(position.step, { 'validation.loss': loss, 'validation.top1': top1 });
        context.log(
          'info',
          `Epoch ${epoch + 1} of ${epochs}: validation top-1 ${percent(top1)}, loss ${loss.toFixed(4)}`,
        );
      }
      await save(program);
    }
    if (best === undefined) {
      exchange(program);
      program.pull();
    } else {
      assignVariables(engine, network, best, { owner: 'this training' });
      position.validation = position.best?.score;
    }
    const chosen =
      keep === 'last' && patience === undefined
        ? undefined
        : { epoch: best === undefined ? epoch : position.best!.epoch, epochsTrained: epoch };
    if (chosen !== undefined) {
      context.log('info', `The weights of epoch ${chosen.epoch} are kept, of ${epoch} trained (at most ${epochs})`);
    }
    const images = (position.step - firstStep) * batchSize;
    return {
      validation: position.validation,
      chosen,
      imagesPerSecond: trainingMs > 0 && images > 0 ? (images / trainingMs) * 1000 : undefined,
    };
  } catch (error) {
    throw error instanceof DivergedError ? error.locatedAt(await locate?.()) : error;
  } finally {
    program?.dispose();
    tf.dispose(Object.values(own));
  }
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

function takeStep(
  { tf }: Engine,
  program: Program,
  batch: Record<string, ProgramInput>,
  learningRate: number,
  step: number,
): void {
  const inputs = { ...batch, learningRate: tf.scalar(learningRate), step: tf.scalar(step, 'int32') };
  program.call('train', inputs);
  tf.dispose(Object.values(inputs).filter((input) => !(input instanceof Uint8Array)));
}

function meansOf({ loss, correct, labelled }: Sums, steps: number): Record<string, number> {
  return { 'train.loss': loss / steps, ...(labelled > 0 ? { 'train.top1': correct / labelled } : {}) };
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
