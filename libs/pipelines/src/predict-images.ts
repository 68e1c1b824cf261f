import type { Prediction } from '#contracts';
import { readImage } from '#datasets';
import { createProgram, type Engine } from '#engine';
import { openClassifier } from './classifier/model-folder.js';
import { probabilitiesOf } from './classifier/probabilities.js';
import { lookBatch } from './outputs/look-batch.js';
import { stayResponsive } from './stay-responsive.js';

/** Images that are looked at together at most: all of them are in memory, in full size, at once. */
const LARGEST_BATCH = 16;

/**
 * Classifies image files with a saved model, in their order. What can't be read is a prediction with an `error`.
 * @param options.topK most probable classes to give, fewer where there are fewer
 * @throws UserError where the model folder is not usable; the abort signal's reason
 */
export async function* predictImages(
  engine: Engine,
  modelFolder: string,
  images: readonly string[],
  options: { topK: number; signal: AbortSignal },
): AsyncGenerator<Prediction, void, undefined> {
  if (images.length === 0) return;
  const { topK, signal } = options;
  const classifier = await openClassifier(engine, modelFolder);
  const { size } = classifier.image;
  const batchSize = lookBatch(images.length, LARGEST_BATCH);
  const program = createProgram(engine, {
    state: {},
    constants: classifier.variables,
    functions: {
      look: {
        inputs: { images: { shape: [batchSize, size, size, 3], dtype: 'uint8' } },
        run: (inputs) => ({ logits: classifier.forward(inputs.images).logits }),
      },
    },
  });
  try {
    for (let start = 0; start < images.length; start += batchSize) {
      await stayResponsive(signal);
      const names = images.slice(start, start + batchSize);
      const read = await Promise.all(names.map((name) => readImage(name, classifier.image)));
      const pixels = new Uint8Array(batchSize * size * size * 3);
      read.forEach((image, row) => {
        if ('pixels' in image) pixels.set(image.pixels, row * size * size * 3);
      });
      const { logits } = program.call('look', { images: pixels });
      const { classNames, logitSize, outputs } = classifier;
      const probabilities = probabilitiesOf(logits.dataSync() as Float32Array, logitSize, outputs);
      logits.dispose();
      for (const [row, image] of names.entries()) {
        const found = read[row];
        if ('reason' in found) yield { image, classes: [], error: found.reason };
        else {
          const ofImage = probabilities.subarray(row * logitSize, (row + 1) * logitSize);
          yield { image, classes: mostProbable(ofImage, classNames, topK) };
        }
      }
    }
  } finally {
    program.dispose();
    classifier.dispose();
  }
}

function mostProbable(probabilities: Float32Array, names: readonly string[], topK: number): Prediction['classes'] {
  return names
    .map((name, index) => ({ name, probability: probabilities[index] }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, topK);
}
