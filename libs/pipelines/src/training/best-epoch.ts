import { UserError, type TrainingSpec } from '#contracts';
import type { Score } from '../report/score.js';

/** The best epoch of a training so far. */
export interface BestEpoch {
  /** Counted from 1. */
  epoch: number;
  score: Score;
}

type Choice = Pick<TrainingSpec, 'keep' | 'patience'>;

/** @throws UserError where a spec chooses by validation and there is none */
export function checkHasValidation({ keep, patience }: Choice, validationImages: number): void {
  if (validationImages > 0 || (keep === 'last' && patience === undefined)) return;
  throw new UserError('there are no validation images to tell a better epoch from a worse one', {
    field: patience === undefined ? 'training.keep' : 'training.patience',
    remedy: 'Hold some out (dataset.validation), or leave out training.keep and training.patience.',
  });
}

/** The better one of two: the higher top-1, of equals the lower loss, of equals the earlier. */
export function betterEpoch(best: BestEpoch | undefined, found: BestEpoch): BestEpoch {
  if (best === undefined || found.score.top1 > best.score.top1) return found;
  return found.score.top1 === best.score.top1 && found.score.loss < best.score.loss ? found : best;
}

/** Whether a training that has taken so many epochs is to end because none of the last ones was better. */
export function isPatienceOver({ patience }: Choice, best: BestEpoch | undefined, epochsDone: number): boolean {
  return patience !== undefined && best !== undefined && epochsDone - best.epoch >= patience;
}
