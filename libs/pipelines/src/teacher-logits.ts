import { UserError } from '#contracts';
import type { Engine } from '#engine';
import type { Split } from '#datasets';
import type { CacheUse } from './cache-use.js';
import { cachedOutputs, type CachedOutputsOptions } from './cached-outputs.js';
import type { Classifier } from './classifier.js';
import { ensembleLogits } from './ensemble.js';
import { asSoftmaxLogits } from './probabilities.js';
import type { RunContext } from './run-context.js';
import type { SeeingTeacher } from './teachers.js';

/**
 * The teacher's logits for each of the student's images: row i is what the teacher says of the image that the student's
 * split has at i.
 * @param seen the images as the teacher sees them
 * @param images the same images as the student sees them
 * @param options.field the spec's field that names the teacher, for errors
 * @returns `[images, classes]`, logits of a softmax
 * @throws UserError where what the teacher says can't be logits
 */
export async function teacherLogits(
  engine: Engine,
  teacher: Classifier,
  seen: Split,
  images: Split,
  context: RunContext,
  onProgress: (done: number) => void,
  { field = 'teacher', ...options }: CachedOutputsOptions & { field?: string } = {},
): Promise<Float32Array> {
  const sameImages = seen.length === images.length && images.hashes.every((hash, index) => hash === seen.hashes[index]);
  if (!sameImages) throw new Error("the teacher's images are not the student's, in the same order");
  const logits = await cachedOutputs(engine, teacher, 'logits', seen, context, onProgress, options);
  checkLogits(logits, teacher.logitSize, teacher.name, field);
  return asSoftmaxLogits(logits, teacher.outputs);
}

/** How far from 1 the sum of an image's probabilities may be by rounding, in float16 too. */
const ROUNDING = 0.01;

/**
 * Logits of a softmax may be any numbers; they are all between 0 and 1 with the sum 1, for every image, where somebody has
 * taken the softmax already. A second one would leave next to nothing of what the teacher knows.
 * @throws UserError for probabilities, and for what is no number
 */
export function checkLogits(logits: Float32Array, classes: number, teacher: string, field = 'teacher'): void {
  let probabilities = logits.length > 0 && classes > 1;
  for (let row = 0; row < logits.length; row += classes) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const logit = logits[row + c];
      if (!Number.isFinite(logit)) {
        throw new UserError(`the teacher ${teacher} gives ${logit} for image ${row / classes + 1}`, {
          field,
          remedy: 'Its training has diverged, or its weights are damaged: train it again with a lower learning rate.',
        });
      }
      if (logit < 0 || logit > 1) probabilities = false;
      sum += logit;
    }
    if (Math.abs(sum - 1) > ROUNDING) probabilities = false;
  }
  if (probabilities) {
    throw new UserError(`the teacher ${teacher} gives probabilities where logits are expected`, {
      field,
      remedy: 'Export its network without the last softmax.',
    });
  }
}

/**
 * The teachers' own logits of the test images, computed once on a machine for all of their students. Several teachers
 * answer by the weighted mean of their probabilities.
 * @returns `[images, classes]`, logits of a softmax
 */
export async function teacherTestLogits(
  engine: Engine,
  teachers: readonly SeeingTeacher[],
  context: RunContext,
  onProgress: (done: number) => void,
  use?: CacheUse,
): Promise<Float32Array> {
  const members = [];
  for (const { classifier, weight, images } of teachers) {
    const before = members.length * images.length;
    const progress = (done: number) => onProgress(before + done);
    const logits = await cachedOutputs(engine, classifier, 'logits', images, context, progress, { use });
    members.push({ logits: asSoftmaxLogits(logits, classifier.outputs), weight });
  }
  return ensembleLogits(members, teachers[0].classifier.logitSize, 1);
}
