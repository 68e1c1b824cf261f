import type { ImageSpec } from '#contracts';
import { normalise, type Dataset } from '#datasets';
import type { Model } from '#models';
import { lookFunction, programOutputs } from './image-outputs.js';
import { scoreOf } from './report.js';
import type { TrainingTask } from './train-network.js';

/** Scores a model on the validation images after each epoch, inside the training's own program. */
export function validationAfterEpochs(
  model: Model,
  image: ImageSpec,
  { validation, classes }: Dataset,
  signal: AbortSignal,
): Pick<TrainingTask, 'functions' | 'validate'> {
  const { engine } = model;
  const look = lookFunction(validation.imageSize, (images) => ({
    logits: model.forward(normalise(engine, images, image), 'inference').logits,
  }));
  return {
    functions: { look },
    validate: async (program) => {
      const { logits } = await programOutputs(engine, program, 'look', validation, { signal });
      return scoreOf(logits, validation.labels, classes, 'softmax');
    },
  };
}
