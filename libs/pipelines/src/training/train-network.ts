import {
  createProgram,
  createWeightAverage,
  learningRateAt,
  type Engine,
  type Program,
  type ProgramInput,
} from '#engine';
import { readVariables } from '#models';
import { locateDivergence, snapshotOf } from '../guards/locate-divergence.js';
import type { ProgressMeter } from '../progress-meter.js';
import type { Score } from '../report/score.js';
import type { Checkpoint, RunContext } from '../run-context.js';
import { stayResponsive } from '../stay-responsive.js';
import { isPatienceOver } from './best-epoch.js';
import { checkState, DivergedError } from './divergence.js';
import { groupedOptimizer } from './grouped-optimizer.js';
import { keptWeights } from './kept-weights.js';
import { runningSums } from './running-sums.js';
import { trainingCurve } from './training-curve.js';
import { startingPosition } from './training-position.js';
import { trainingStep } from './training-step.js';
import type { TrainingTask } from './training-task.js';
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
    const kept = keptWeights(engine, { ...task, network }, average, position, checkpoint, context);
    /** The step of as many groups as are trained, with the state as the variables hold it. */
    const programFor = (trained: number): Program =>
      createProgram(engine, {
        state,
        functions: {
          ...task.functions,
          train: trainingStep(engine, task, { groups: names, trained, optimizer }, sums, average),
          sums: sums.function,
          ...kept.functions,
        },
        precision: position.precision,
      });
    let phase = phaseAt(groups, position.step);
    program = programFor(phase.groups);
    const firstStep = position.step;
    const curve = trainingCurve(sums, stepsPerEpoch, firstStep, context);
    let learningRate = 0;
    let trainingMs = 0;
    let savedAt = performance.now();
    let snapshot = snapshotOf(state, firstStep, () => readVariables(state));
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

    const save = async (running: Program): Promise<void> => {
      curve.check(running, { step: position.step, learningRate });
      running.pull();
      const tensors = { ...readVariables(state), ...task.kept, ...kept.tensors() };
      checkState(tensors, position.step);
      snapshot = snapshotOf(state, position.step, () => tensors);
      await context.saveCheckpoint({ state: tensors, position: { ...position, elapsedMs: elapsedMs() } });
      savedAt = performance.now();
    };

    meter.begin('train', firstStep);
    let epoch = Math.floor(firstStep / stepsPerEpoch);
    for (; epoch < epochs && !isPatienceOver({ keep, patience }, position.best, epoch); epoch++) {
      const began = performance.now();
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
          curve.afterStep(program, { step: position.step, learningRate });
          await stayResponsive(context.signal);
          if (!endOfEpoch && performance.now() - savedAt > CHECKPOINT_EVERY_MS) await save(program);
        }
      } catch (error) {
        // An interrupted run goes on from its last step. At the end of an epoch its validation would be missed.
        if (error === context.signal.reason && position.step % stepsPerEpoch !== 0) await save(program);
        throw error;
      }
      trainingMs += performance.now() - began;
      await kept.validate(program, epoch + 1);
      await save(program);
    }
    const chosen = kept.finish(program, epoch);
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
