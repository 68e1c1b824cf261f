import type { LogisticFeature, LogisticSpec } from '#contracts';
import type { Classifier } from '../classifier/classifier.js';

/** One of the outputs that a feature vector is made of. */
export interface FeaturePart {
  kind: LogisticFeature;
  width: number;
}

/** What a spec's features are of a teacher, in their order. */
export function featureParts(
  features: LogisticSpec['features'],
  { featureSize, logitSize }: Pick<Classifier, 'featureSize' | 'logitSize'>,
): FeaturePart[] {
  return [features].flat().map((kind) => ({ kind, width: kind === 'penultimate' ? featureSize : logitSize }));
}

/**
 * Feature vectors: the parts of each image one behind the other.
 * @param outputs of the same images: `logits` `[images, logitSize]` and `penultimate` `[images, featureSize]`, as far as
 *   the parts need them
 * @returns `[images, sum of the widths]`
 */
export function featureMatrix(
  parts: readonly FeaturePart[],
  images: number,
  outputs: { logits?: Float32Array; penultimate?: Float32Array },
): Float32Array {
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const matrix = new Float32Array(images * width);
  let column = 0;
  for (const part of parts) {
    const values = part.kind === 'penultimate' ? outputs.penultimate : outputs.logits;
    if (values?.length !== images * part.width) throw new Error(`the ${part.kind} are not of ${images} images`);
    for (let i = 0; i < images; i++) {
      for (let j = 0; j < part.width; j++) {
        const value = values[i * part.width + j];
        matrix[i * width + column + j] = part.kind === 'sigmoid' ? 1 / (1 + Math.exp(-value)) : value;
      }
    }
    column += part.width;
  }
  return matrix;
}
