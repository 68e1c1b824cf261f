import type { TrainingSpec } from '#contracts';
import type { Engine, Precision, Variable } from '#engine';
import { assignVariables, type StateDict } from '#models';
import type { Score } from '../report/score.js';
import type { Checkpoint, RunContext } from '../run-context.js';
import type { BestEpoch } from './best-epoch.js';
import { SUMS } from './running-sums.js';
import { trainingPrecision } from './training-precision.js';

/** Where a training stands, as a checkpoint holds it. */
export interface TrainingPosition {
  identity: string;
  threads: number;
  elapsedMs: number;
  /** Optimizer steps done. */
  step: number;
  precision: Precision;
  validation?: Score;
  best?: BestEpoch;
}

/** Before the names of the best epoch's weights in a checkpoint. */
const BEST = 'best/';

/** Fills the variables from a checkpoint of this training, and says where to go on; at the beginning without one. */
export async function startingPosition(
  engine: Engine,
  training: Pick<TrainingSpec, 'precision'>,
  context: RunContext,
  state: Readonly<Record<string, Variable>>,
  identity: string,
  checkpoint: Checkpoint | undefined,
): Promise<TrainingPosition> {
  const { threads } = engine;
  const found = checkpoint?.position as unknown as TrainingPosition | undefined;
  const precision = await trainingPrecision(engine, training.precision, found?.precision, context);
  if (checkpoint === undefined || found === undefined) return { identity, threads, elapsedMs: 0, step: 0, precision };
  const ofState = Object.entries(checkpoint.state).filter(([name]) => Object.hasOwn(state, name));
  // A sum that an earlier version did not keep begins at zero.
  const held = Object.entries(state).filter(
    ([name]) => !name.startsWith(SUMS) || Object.hasOwn(checkpoint.state, name),
  );
  assignVariables(engine, Object.fromEntries(held), Object.fromEntries(ofState), { owner: 'this training' });
  context.log('info', `Continuing from the checkpoint at step ${found.step}`);
  if (found.threads !== threads) {
    context.log(
      'warn',
      `The run began with ${found.threads} threads and goes on with ${threads}: its last bits will differ`,
    );
  }
  return { ...found, threads, precision };
}

/** The best epoch's weights that a checkpoint holds; `undefined` where it holds none. */
export function bestWeightsOf(checkpoint: Checkpoint | undefined): StateDict | undefined {
  return weightsUnder(BEST, checkpoint);
}

/** What a checkpoint holds under names that begin so, without that beginning; `undefined` where there is nothing. */
export function weightsUnder(prefix: string, checkpoint: Checkpoint | undefined): StateDict | undefined {
  const found = Object.entries(checkpoint?.state ?? {}).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** The best epoch's weights under the names that they have in a checkpoint. */
export function keptAsBest(weights: StateDict = {}): StateDict {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`${BEST}${name}`, tensor]));
}
