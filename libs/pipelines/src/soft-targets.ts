import type { DistillationLossSpec } from '#contracts';
import type { Split } from '#datasets';
import type { Engine, InputSignature, Tensor } from '#engine';
import type { CacheUse } from './cache-use.js';
import { cachedOutputs } from './cached-outputs.js';
import { ensembleLogits } from './ensemble.js';
import { measure, moderate, standardise } from './logistic-regression/standardisation.js';
import type { RunContext } from './run-context.js';
import { teacherLogits } from './teacher-logits.js';
import type { SeeingTeacher } from './teachers.js';

/** What the teachers say of the training images, as inputs of a training step. */
export interface SoftTargets {
  /** Width of the hints; `undefined` where the loss has none. */
  readonly hintWidth?: number;
  inputs(batchSize: number): Record<string, InputSignature>;
  /** `teacher` `[batch, classes]`, and for a hint `hint` `[batch, hintWidth]`, of the images at these places. */
  rows(places: Int32Array): Record<string, Tensor>;
}

/** How often each teacher looks at each image: once for its logits, and once more for a hint. */
export function looksPerImage(teachers: number, loss: DistillationLossSpec): number {
  return teachers + (loss.kind === 'hint' ? 1 : 0);
}

/**
 * Asks the teachers about every training image, or the cache where they have been asked before.
 * @param images as the student sees them, in the order of `SeeingTeacher.images`
 * @param onProgress how many looks at an image are done
 */
export async function softTargets(
  engine: Engine,
  teachers: readonly SeeingTeacher[],
  images: Split,
  { loss, classes, context, use }: { loss: DistillationLossSpec; classes: number; context: RunContext; use?: CacheUse },
  onProgress: (done: number) => void,
): Promise<SoftTargets> {
  let before = 0;
  const counted = (done: number) => onProgress(before + done);
  const members = [];
  for (const { classifier, weight, field, images: seen } of teachers) {
    const logits = await teacherLogits(engine, classifier, seen, images, context, counted, { field, use });
    members.push({ logits, weight });
    before += images.length;
  }
  const logits = ensembleLogits(members, classes, loss.temperature);
  const { classifier, images: seen } = teachers[0];
  const hintWidth = loss.kind === 'hint' ? classifier.featureSize : undefined;
  const hints =
    hintWidth === undefined
      ? undefined
      : standardisedHints(
          await cachedOutputs(engine, classifier, 'features', seen, context, counted, { use }),
          hintWidth,
        );
  return {
    hintWidth,
    inputs: (batchSize) => ({
      teacher: { shape: [batchSize, classes] },
      ...(hintWidth === undefined ? {} : { hint: { shape: [batchSize, hintWidth] } }),
    }),
    rows: (places) => ({
      teacher: rowsOf(engine, logits, classes, places),
      ...(hints === undefined || hintWidth === undefined ? {} : { hint: rowsOf(engine, hints, hintWidth, places) }),
    }),
  };
}

/** Each feature with the mean 0 and the deviation 1 over the training images, so that its weight suits any teacher. */
function standardisedHints(features: Float32Array, width: number): Float32Array {
  return standardise(features, moderate(measure(features, width)));
}

function rowsOf({ tf }: Engine, values: Float32Array, width: number, places: Int32Array): Tensor {
  const rows = new Float32Array(places.length * width);
  places.forEach((place, row) => rows.set(values.subarray(place * width, (place + 1) * width), row * width));
  return tf.tensor2d(rows, [places.length, width]);
}
