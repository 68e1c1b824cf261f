import { readWeightsFile, type StateDict, type WeightsFile } from '#models';
import type { Standardisation } from '../logistic-regression/standardisation.js';
import type { Checkpoint } from '../run-context.js';
import { checkpointIn, isCheckpoint } from '../training/checkpoint-file.js';
import { standardisationIn } from '../training/standardised-head.js';
import { bestWeightsOf, weightsUnder } from '../training/training-position.js';

/** Before the names of a training's averages. */
const AVERAGE = 'average/';
/** The projector of a distillation by hints is trained with the student, and is no part of it. */
const PROJECTOR = /^hint\./;

/** Weights of a network, as a file has them. */
export interface NetworkFile extends Pick<WeightsFile, 'tensors' | 'metadata'> {
  format: WeightsFile['format'] | 'checkpoint';
  /** What is to be done to the features before the head takes them, where that is anything. */
  standardisation?: Standardisation;
}

/**
 * As `readWeightsFile`; of a checkpoint that a training has left behind, the network alone.
 * @throws UserError that says what is wrong with the file
 */
export async function readNetworkFile(path: string): Promise<NetworkFile> {
  const file = await readWeightsFile(path);
  if (!isCheckpoint(file)) return file;
  const checkpoint = checkpointIn(file, path);
  return {
    format: 'checkpoint',
    tensors: networkIn(checkpoint),
    metadata: file.metadata,
    standardisation: standardisationIn(checkpoint),
  };
}

/**
 * The weights and statistics that the training would have kept, had it ended there: those of its best epoch, or the
 * averages, or the last ones. What else a training keeps has a slash in its name: slots, sums, where it began.
 */
function networkIn(checkpoint: Checkpoint): StateDict {
  const kept = bestWeightsOf(checkpoint) ?? weightsUnder(AVERAGE, checkpoint) ?? checkpoint.state;
  return Object.fromEntries(Object.entries(kept).filter(([name]) => !name.includes('/') && !PROJECTOR.test(name)));
}
