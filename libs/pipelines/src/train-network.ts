import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { UserError, type TrainingSpec } from '#contracts';
import {
  createOptimizer,
  createProgram,
  learningRateAt,
  type Engine,
  type InputSignature,
  type Optimizer,
  type Program,
  type ProgramFunction,
  type Tensor,
  type Variable,
} from '#engine';
import { assignVariables, readVariables, type StateDict } from '#models';
import type { ProgressMeter } from './progress-meter.js';
import type { Checkpoint, RunContext } from './run-context.js';
import { stayResponsive } from './stay-responsive.js';

export interface Score {
  /** Share of images whose label is the most probable class, 0 to 1. */
  top1: number;
  /** Mean cross-entropy with the labels, nats. */
  loss: number;
}

/** A network's training: what is minimised, over which variables, on which batches. */
export interface TrainingTask {
  training: Pick<TrainingSpec, 'epochs' | 'optimizer' | 'schedule'>;
  stepsPerEpoch: number;
  batchSize: number;
  /** What gradient descent changes. */
  parameters: Readonly<Record<string, Variable>>;
  /** What else the objective or the functions read or change, such as running statistics. */
  statistics: Readonly<Record<string, Variable>>;
  learningRateFactors?: Readonly<Record<string, number>>;
  /** Inputs of the objective that `batches` fills: `labels` (int32 `[batch]`), `labelled` (`[batch]`, 1 or 0), and others. */
  inputs: Readonly<Record<string, InputSignature>>;
  /**
   * The data term of the loss for one batch (a scalar) and the logits `[batch, classes]`. Beside `inputs` it gets `step`
   * (int32 scalar), for its random draws.
   */
  objective(inputs: Record<string, Tensor>): { loss: Tensor; logits: Tensor };
  /** λ · L_reg. */
  regularization?: () => Tensor;
  /** The batches of an epoch from the given one on, as the objective's inputs, which the training disposes of. */
  batches(epoch: number, firstBatch: number): AsyncIterable<Record<string, Tensor>>;
  /** Captured beside the training step, over the same weights. */
  functions: Readonly<Record<string, ProgramFunction>>;
  /** Scores the weights as they are; called after each epoch. `undefined`: there are no validation images. */
  validate(program: Program): Promise<Score | undefined>;
  /** Tensors that a continued training needs beside the variables: kept in every checkpoint. */
  kept?: StateDict;
}

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
  /** Sums since metrics were last sent. */
  window: Window;
  validation?: Score;
}

interface Window {
  steps: number;
  loss: number;
  correct: number;
  labelled: number;
}

/** In an epoch that takes longer, a checkpoint is written about this often. Milliseconds. */
const CHECKPOINT_EVERY_MS = 30_000;
const METRICS_PER_EPOCH = 10;
const EMPTY_WINDOW: Window = { steps: 0, loss: 0, correct: 0, labelled: 0 };

/**
 * Minimises  objective + λ·L_reg  by the spec's optimizer; the variables hold the result. The whole step, with
 * augmentation and update, is one captured function.
 *
 * Everything that a step depends on is its number and the state: order and augmentation of the images are functions of
 * (seed, epoch, step), so a training that goes on from a checkpoint computes, to the bit, what an unbroken one does. The
 * last weights are kept, not those of the best validation epoch: the learning rate ends at zero, and choosing among
 * epochs on few validation images would report a validation score that is too good.
 * @throws UserError where the loss is no longer a number; the abort signal's reason
 */
export async function trainNetwork(
  task: TrainingTask,
  { engine, context, meter, identity, checkpoint, elapsedMs }: TrainingSurroundings,
): Promise<TrainingResult> {
  const { tf } = engine;
  const { epochs, schedule, optimizer: options } = task.training;
  const { stepsPerEpoch, batchSize } = task;
  const optimizer = createOptimizer(engine, task.parameters, {
    ...options,
    learningRateFactors: task.learningRateFactors,
  });
  const state = { ...task.parameters, ...task.statistics, ...optimizer.slots };
  const position = startingPosition(engine, context, state, identity, checkpoint);
  let program: Program | undefined;
  try {
    program = createProgram(engine, {
      state,
      functions: { ...task.functions, train: stepFunction(engine, task, optimizer) },
    });
    const metricsEvery = Math.max(1, Math.round(stepsPerEpoch / METRICS_PER_EPOCH));
    const firstStep = position.step;
    let trainingMs = 0;
    let savedAt = performance.now();

    const save = async (running: Program): Promise<void> => {
      running.pull();
      const tensors = { ...readVariables(state), ...task.kept };
      await context.saveCheckpoint({ state: tensors, position: { ...position, elapsedMs: elapsedMs() } });
      savedAt = performance.now();
    };

    meter.begin('train', firstStep);
    for (let epoch = Math.floor(firstStep / stepsPerEpoch); epoch < epochs; epoch++) {
      let began = performance.now();
      try {
        for await (const batch of task.batches(epoch, position.step % stepsPerEpoch)) {
          const factor = learningRateAt(schedule, position.step, stepsPerEpoch, epochs);
          const learningRate = options.learningRate * factor;
          const found = takeStep(engine, program, batch, learningRate, position.step);
          if (!Number.isFinite(found.loss)) throw diverged(found.loss, position.step, learningRate);
          addTo(position.window, found);
          position.step++;
          meter.advance(position.step, { epoch: epoch + 1, epochs });

          const endOfEpoch = position.step % stepsPerEpoch === 0;
          if (position.step % metricsEvery === 0 || endOfEpoch) {
            context.metrics(position.step, { ...metricsOf(position.window), learningRate });
            position.window = { ...EMPTY_WINDOW };
          }
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
      position.validation = await task.validate(program);
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
    program.pull();
    const images = (position.step - firstStep) * batchSize;
    return {
      validation: position.validation,
      imagesPerSecond: trainingMs > 0 && images > 0 ? (images / trainingMs) * 1000 : undefined,
    };
  } finally {
    program?.dispose();
    tf.dispose(Object.values(optimizer.slots));
  }
}

/** The captured step: loss, its gradient, one update; returns the loss and how many labelled images were classified right. */
function stepFunction(engine: Engine, task: TrainingTask, optimizer: Optimizer): ProgramFunction {
  const { tf } = engine;
  const names = Object.keys(task.parameters);
  return {
    inputs: { ...task.inputs, learningRate: { shape: [] }, step: { shape: [], dtype: 'int32' } },
    run: (inputs) => {
      let correct: Tensor | undefined;
      const { value, grads } = tf.variableGrads(
        () => {
          const { loss, logits } = task.objective(inputs);
          correct = tf.keep(countCorrect(engine, logits as Tensor2D, inputs.labels as Tensor1D, inputs.labelled));
          return (task.regularization === undefined ? loss : tf.add(loss, task.regularization())) as Scalar;
        },
        names.map((name) => task.parameters[name]),
      );
      const gradients = Object.fromEntries(names.map((name) => [name, grads[task.parameters[name].name]]));
      optimizer.apply(gradients, inputs.learningRate);
      // What was kept beyond the gradient's scope belongs to the scope around it again.
      const released = correct!.clone();
      correct!.dispose();
      return { loss: value, correct: released, labelled: tf.sum(inputs.labelled) };
    },
  };
}

function countCorrect({ tf }: Engine, logits: Tensor2D, labels: Tensor1D, labelled: Tensor): Tensor {
  const right = tf.cast(tf.equal(tf.cast(tf.argMax(logits, 1), 'int32'), labels), 'float32');
  return tf.sum(tf.mul(right, labelled));
}

function takeStep(
  { tf }: Engine,
  program: Program,
  batch: Record<string, Tensor>,
  learningRate: number,
  step: number,
): Omit<Window, 'steps'> {
  const inputs = { ...batch, learningRate: tf.scalar(learningRate), step: tf.scalar(step, 'int32') };
  const outputs = program.call('train', inputs);
  const [loss, correct, labelled] = [outputs.loss, outputs.correct, outputs.labelled].map((t) => t.dataSync()[0]);
  tf.dispose([inputs, outputs]);
  return { loss, correct, labelled };
}

/** Fills the variables from a checkpoint of this training, and says where to go on; at the beginning without one. */
function startingPosition(
  engine: Engine,
  context: RunContext,
  state: Readonly<Record<string, Variable>>,
  identity: string,
  checkpoint: Checkpoint | undefined,
): Position {
  const { threads } = engine;
  if (checkpoint === undefined) return { identity, threads, elapsedMs: 0, step: 0, window: { ...EMPTY_WINDOW } };
  const found = checkpoint.position as unknown as Position;
  const ofState = Object.entries(checkpoint.state).filter(([name]) => Object.hasOwn(state, name));
  assignVariables(engine, state, Object.fromEntries(ofState), { owner: 'this training' });
  context.log('info', `Continuing from the checkpoint at step ${found.step}`);
  if (found.threads !== threads) {
    context.log(
      'warn',
      `The run began with ${found.threads} threads and goes on with ${threads}: its last bits will differ`,
    );
  }
  return { ...found, threads, window: { ...found.window } };
}

function addTo(window: Window, { loss, correct, labelled }: Omit<Window, 'steps'>): void {
  window.steps++;
  window.loss += loss;
  window.correct += correct;
  window.labelled += labelled;
}

function metricsOf({ steps, loss, correct, labelled }: Window): Record<string, number> {
  return { 'train.loss': loss / steps, ...(labelled > 0 ? { 'train.top1': correct / labelled } : {}) };
}

function diverged(loss: number, step: number, learningRate: number): UserError {
  return new UserError(
    `the training has diverged: the loss is ${loss} at step ${step} (learning rate ${learningRate})`,
    {
      field: 'training.optimizer.learningRate',
      remedy: 'Lower training.optimizer.learningRate, or warm up longer (training.schedule.warmupEpochs).',
    },
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
