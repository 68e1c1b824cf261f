import { createHash } from 'node:crypto';
import type { TestAnswers } from '#contracts';
import { mostProbable } from './evaluation.js';

/**
 * Of every test image whether the model is right about it, in a bit, so that two runs can be compared image by image.
 * @param probabilities `[images, classes]`
 * @param labels class index of each image
 * @param hashes content hash of each image: runs that saw the same images in the same order have the same `imagesHash`
 */
export function testAnswersOf(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  hashes: readonly string[],
): TestAnswers {
  const images = labels.length;
  const classes = images === 0 ? 0 : probabilities.length / images;
  const bits = new Uint8Array(Math.ceil(images / 8));
  for (let i = 0; i < images; i++) {
    const right = mostProbable(probabilities.subarray(i * classes, (i + 1) * classes)) === labels[i];
    if (right) bits[i >> 3] |= 1 << (i & 7);
  }
  const imagesHash = createHash('sha256').update(hashes.join('\n')).digest('hex');
  return { images, imagesHash, right: Buffer.from(bits).toString('base64') };
}
