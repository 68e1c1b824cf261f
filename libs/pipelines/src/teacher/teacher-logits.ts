import type { Split } from '#datasets';
import type { Engine } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { asSoftmaxLogits } from '../classifier/probabilities.js';
import { checkLogits } from '../guards/logits.js';
import { cachedOutputs } from '../outputs/cached-outputs.js';
import type { OutputView } from '../outputs/output-view.js';
import type { RunContext } from '../run-context.js';
import { ensembleLogits } from './ensemble.js';
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
  { field = 'teacher', view }: { field?: string; view?: OutputView } = {},
): Promise<Float32Array> {
  const sameImages = seen.length === images.length && images.hashes.every((hash, index) => hash === seen.hashes[index]);
  if (!sameImages) throw new Error("the teacher's images are not the student's, in the same order");
  const logits = await cachedOutputs(engine, teacher, 'logits', seen, context, onProgress, view);
  checkLogits(logits, teacher.logitSize, teacher.name, field);
  return asSoftmaxLogits(logits, teacher.outputs);
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
): Promise<Float32Array> {
  const members = [];
  for (const { classifier, weight, images } of teachers) {
    const before = members.length * images.length;
    const progress = (done: number) => onProgress(before + done);
    const logits = await cachedOutputs(engine, classifier, 'logits', images, context, progress);
    members.push({ logits: asSoftmaxLogits(logits, classifier.outputs), weight });
  }
  return ensembleLogits(members, teachers[0].classifier.logitSize, 1);
}
