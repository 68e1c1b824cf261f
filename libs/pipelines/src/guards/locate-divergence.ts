import type { Engine, Program, ProgramInput, Tensor, Variable } from '#engine';
import { assignVariables, type StateDict } from '#models';
import { stayResponsive } from '../stay-responsive.js';
import type { RunningSums } from '../training/running-sums.js';
import type { TrainingTask } from '../training/training-task.js';
import { allFinite, describeOrigin, firstNotFinite } from './first-not-finite.js';

/** A state of more bytes than this is not kept for the case that the training diverges. */
const MAX_SNAPSHOT = 256 * 1024 * 1024;

/** Weights, statistics, slots and sums before a step. */
export interface Snapshot {
  state: StateDict;
  step: number;
}

/**
 * Keeps a state, unless it is too large to be held twice.
 * @param state all that the program keeps: its size is asked before anything is read
 * @param read the values of `state`; others beside them do no harm
 */
export function snapshotOf(
  state: Readonly<Record<string, Variable>>,
  step: number,
  read: () => StateDict,
): Snapshot | undefined {
  const numbers = Object.values(state).reduce((sum, { size }) => sum + size, 0);
  return numbers * Float32Array.BYTES_PER_ELEMENT > MAX_SNAPSHOT ? undefined : { state: read(), step };
}

export interface DivergedTraining {
  engine: Engine;
  task: Pick<TrainingTask, 'objective' | 'parameters' | 'statistics' | 'batches' | 'stepsPerEpoch' | 'inputs'>;
  program: Program;
  /** All that the program keeps. */
  state: Readonly<Record<string, Variable>>;
  sums: Pick<RunningSums, 'look'>;
  /** A state from which the training has diverged within the same epoch. */
  snapshot: Snapshot;
  /** All groups of parameters are trained. */
  complete: boolean;
  signal: AbortSignal;
  takeStep(batch: Record<string, ProgramInput>, step: number): void;
}

/**
 * Finds out where a training that has diverged made its first number that is not finite: takes the steps since the last
 * snapshot once more, looks at the loss after each, and repeats the forward pass of the fatal one kernel by kernel. By
 * the time that a divergence is seen, every weight is lost, and none tells who began.
 * @returns in words; `undefined` where it does not happen again
 */
export async function locateDivergence(training: DivergedTraining): Promise<string | undefined> {
  const { engine, task, program, state, sums, snapshot, signal } = training;
  const ofState = Object.entries(snapshot.state).filter(([name]) => Object.hasOwn(state, name));
  assignVariables(engine, state, Object.fromEntries(ofState), { owner: 'this training' });
  program.push();
  let { step } = snapshot;
  const network = { ...task.parameters, ...task.statistics };
  const epoch = Math.floor(step / task.stepsPerEpoch);
  for await (const batch of task.batches(epoch, step % task.stepsPerEpoch)) {
    await stayResponsive(signal);
    // The step disposes of its inputs.
    const inputs = copyOf(engine, batch, task.inputs);
    training.takeStep(batch, step);
    if (!Number.isFinite(sums.look(program).loss)) {
      const all = { ...inputs, step: engine.tf.scalar(step, 'int32') };
      const origin = firstNotFinite(
        engine,
        () => task.objective(all, { complete: training.complete }),
        task.parameters,
      );
      engine.tf.dispose(all);
      return origin && `${describeOrigin(origin)} made the first at step ${step}`;
    }
    engine.tf.dispose(inputs);
    // Only now: the variables are to be as they were before a step whose loss is lost.
    program.pull();
    const lost = Object.keys(network).find((name) => !allFinite(network[name].dataSync()));
    if (lost !== undefined) return `the update of step ${step} made the first, in ${lost}`;
    step++;
  }
  return undefined;
}

function copyOf(
  { tf }: Engine,
  batch: Record<string, ProgramInput>,
  signatures: TrainingTask['inputs'],
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, input]) => [
      name,
      input instanceof Uint8Array ? tf.tensor(input, signatures[name].shape as number[], 'int32') : input.clone(),
    ]),
  );
}
