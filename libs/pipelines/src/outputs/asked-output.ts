import type { Engine, Tensor } from '#engine';
import type { StoredType } from '#teacher-outputs';
import type { Classifier } from '../classifier/classifier.js';
import { averagePoolTo } from './average-pool-to.js';

/** What leaves a stage of a network, averaged to `size` × `size` places of `channels` numbers. */
export interface MapOutput {
  stage: string;
  size: number;
  channels: number;
}

/** What of a classifier is asked for, a row of numbers for each image. */
export type AskedOutput = 'logits' | 'features' | MapOutput;

/** Numbers of a row. */
export function widthOf({ logitSize, featureSize }: Classifier, output: AskedOutput): number {
  if (typeof output === 'object') return output.size ** 2 * output.channels;
  return output === 'logits' ? logitSize : featureSize;
}

/** In words, and different for each output of a network: `logits`, `features`, `layer2 8×8`. */
export function nameOf(output: AskedOutput): string {
  return typeof output === 'object' ? `${output.stage} ${output.size}×${output.size}` : output;
}

/** How rows are kept: logits are few and are rounded. */
export function storedTypeOf(output: AskedOutput): StoredType {
  return output === 'logits' ? 'float16' : 'float32';
}

/**
 * @param images as `Classifier.forward` takes them
 * @returns `[batch, …]`: the rows, in any shape
 */
export function rowsOf(engine: Engine, classifier: Classifier, output: AskedOutput, images: Tensor): Tensor {
  if (typeof output === 'object') return averagePoolTo(engine, classifier.map(images, output.stage), output.size);
  return classifier.forward(images)[output];
}
