import type { Engine } from '#engine';
import type { Split } from '#datasets';
import { cachedOutputs } from './cached-outputs.js';
import type { Classifier } from './classifier.js';
import { asSoftmaxLogits } from './probabilities.js';
import { scoreOf } from './report.js';
import type { RunContext } from './run-context.js';
import type { Score } from './training-task.js';

/**
 * The teacher's logits for each of the student's images: row i is what the teacher says of the image that the student's
 * split has at i.
 * @param seen the images as the teacher sees them
 * @param images the same images as the student sees them
 * @returns `[images, classes]`, logits of a softmax
 */
export async function teacherLogits(
  engine: Engine,
  teacher: Classifier,
  seen: Split,
  images: Split,
  context: RunContext,
  onProgress: (done: number) => void,
): Promise<Float32Array> {
  const sameImages = seen.length === images.length && images.hashes.every((hash, index) => hash === seen.hashes[index]);
  if (!sameImages) throw new Error("the teacher's images are not the student's, in the same order");
  const logits = await cachedOutputs(engine, teacher, 'logits', seen, context, onProgress);
  return asSoftmaxLogits(logits, teacher.outputs);
}

/** The teacher's own score on the test images, computed once on a machine for all of its students. */
export async function teacherScore(
  engine: Engine,
  teacher: Classifier,
  test: Split,
  context: RunContext,
  onProgress: (done: number) => void,
): Promise<Partial<Score>> {
  const logits = await cachedOutputs(engine, teacher, 'logits', test, context, onProgress);
  return scoreOf(logits, test.labels, teacher.classNames, teacher.outputs) ?? {};
}
