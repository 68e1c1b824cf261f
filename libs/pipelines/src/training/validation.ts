import type { Dataset } from '#datasets';
import type { Engine, Tensor } from '#engine';
import type { OutputKind } from '../classifier/probabilities.js';
import { lookFunction, programOutputs } from '../outputs/image-outputs.js';
import { scoreOf } from '../report/score.js';
import type { TrainingTask } from './training-task.js';

/**
 * Scores a network on the validation images after each epoch, inside the training's own program.
 * @param logitsOf stored images `[batch, size, size, 3]` → logits `[batch, classes]`, not in training mode
 */
export function validationAfterEpochs(
  engine: Engine,
  logitsOf: (images: Tensor) => Tensor,
  { validation, classes }: Dataset,
  signal: AbortSignal,
  outputs: OutputKind = 'softmax',
): Pick<TrainingTask, 'functions' | 'validate'> {
  return {
    functions: { look: lookFunction(validation, (images) => ({ logits: logitsOf(images) })) },
    validate: async (program) => {
      const { logits } = await programOutputs(engine, program, 'look', validation, { signal });
      return scoreOf(logits, validation.labels, classes, outputs);
    },
  };
}
