import {
  createOptimizer,
  createProgram,
  createWeightAverage,
  learningRateAt,
  type Engine,
  type Precision,
  type Program,
  type ProgramFunction,
  type ProgramInput,
  type Variable,
  type WeightAverage,
} from '#engine';
import { assignVariables, readVariables } from '#models';
import { checkLoss, checkState } from './divergence.js';
import type { ProgressMeter } from './progress-meter.js';
import type { Checkpoint, RunContext } from './run-context.js';
import { runningSums, type Sums } from './running-sums.js';
import { stayResponsive } from './stay-responsive.js';
import { trainingPrecision } from './training-precision.js';
import { trainingStep } from './training-step.js';
import type { Score, TrainingTask } from './training-task.js';

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
  /** Of the last epoch, and so of the weights that are kept. */
  validation?: Score;
  /** Training images per second of this attempt, validation not counted. */
  imagesPerSecond?: number;
}

/** Where a training stands, as a checkpoint holds it. */
interface Position {
  identity: string;
  threads: number;
  elapsedMs: number;
  /** Optimizer steps done. */
  step: number;
  precision: Precision;
  validation?: Score;
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
 * last weights (or, with `averageDecay`, their average) are kept, not those of the best validation epoch: the learning
 * rate ends at zero, and choosing among epochs on few validation images would report a validation score that is too
 * good.
 * @throws UserError where a loss or a weight is no longer a number; the abort signal's reason
 */
export async function trainNetwork(
  task: TrainingTask,
  { engine, context, meter, identity, checkpoint, elapsedMs }: TrainingSurroundings,
): Promise<TrainingResult> {
  const { tf } = engine;
  const { epochs, schedule, optimizer: options, averageDecay } = task.training;
  const { stepsPerEpoch, batchSize, parameters, statistics } = task;
  const optimizer = createOptimizer(engine, parameters, { ...options, learningRateFactors: task.learningRateFactors });
  const average =
    averageDecay === undefined
      ? undefined
      : createWeightAverage(engine, { ...parameters, ...statistics }, { decay: averageDecay });
  const sums = runningSums(engine);
  const own = { ...optimizer.slots, ...average?.slots, ...sums.slots };
  const state = { ...parameters, ...statistics, ...own };
  let program: Program | undefined;
  try {
    const position = await startingPosition(engine, task, context, state, identity, checkpoint);
    program = createProgram(engine, {
      state,
      functions: {
        ...task.functions,
        train: trainingStep(engine, task, optimizer, sums, average),
        sums: sums.function,
        ...(average === undefined ? {} : { exchange: exchangeFunction(average) }),
      },
      precision: position.precision,
    });
    const metricsEvery = Math.max(1, Math.round(stepsPerEpoch / METRICS_PER_EPOCH));
    const firstStep = position.step;
    /** The first step whose loss nobody has looked at. */
    let unseen = firstStep;
    let learningRate = 0;
    let trainingMs = 0;
    let savedAt = performance.now();
    let lookedAt = savedAt;

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
      const tensors = { ...readVariables(state), ...task.kept };
      checkState(tensors, position.step);
      await context.saveCheckpoint({ state: tensors, position: { ...position, elapsedMs: elapsedMs() } });
      savedAt = performance.now();
    };
    /** The averages take the weights' place, and the other way round when it is called again. */
    const exchange = (running: Program): void => {
      if (average !== undefined) running.call('exchange', {});
    };

    meter.begin('train', firstStep);
    for (let epoch = Math.floor(firstStep / stepsPerEpoch); epoch < epochs; epoch++) {
      let began = performance.now();
      try {
        for await (const batch of task.batches(epoch, position.step % stepsPerEpoch)) {
          learningRate = options.learningRate * learningRateAt(schedule, position.step, stepsPerEpoch, epochs);
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
      exchange(program);
      position.validation = await task.validate(program);
      exchange(program);
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
    exchange(program);
    program.pull();
    const images = (position.step - firstStep) * batchSize;
    return {
      validation: position.validation,
      imagesPerSecond: trainingMs > 0 && images > 0 ? (images / trainingMs) * 1000 : undefined,
    };
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

/** Fills the variables from a checkpoint of this training, and says where to go on; at the beginning without one. */
async function startingPosition(
  engine: Engine,
  { training }: TrainingTask,
  context: RunContext,
  state: Readonly<Record<string, Variable>>,
  identity: string,
  checkpoint: Checkpoint | undefined,
): Promise<Position> {
  const { threads } = engine;
  const found = checkpoint?.position as unknown as Position | undefined;
  const precision = await trainingPrecision(engine, training.precision, found?.precision, context);
  if (checkpoint === undefined || found === undefined) return { identity, threads, elapsedMs: 0, step: 0, precision };
  const ofState = Object.entries(checkpoint.state).filter(([name]) => Object.hasOwn(state, name));
  assignVariables(engine, state, Object.fromEntries(ofState), { owner: 'this training' });
  context.log('info', `Continuing from the checkpoint at step ${found.step}`);
  if (found.threads !== threads) {
    context.log(
      'warn',
      `The run began with ${found.threads} threads and goes on with ${threads}: its last bits will differ`,
    );
  }
  return { ...found, threads, precision };
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
