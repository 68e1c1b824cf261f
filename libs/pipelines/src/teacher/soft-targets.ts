import type { DistillationLossSpec, DistillationSpec } from '#contracts';
import type { Split } from '#datasets';
import type { Engine, InputSignature, Tensor } from '#engine';
import { cachedOutputs } from '../outputs/cached-outputs.js';
import type { ConsistentViews } from './consistent-views.js';
import { ensembleLogits } from './ensemble.js';
import { measure, moderate, standardise } from '../logistic-regression/standardisation.js';
import type { RunContext } from '../run-context.js';
import { teacherLogits } from './teacher-logits.js';
import type { SeeingTeacher } from './teachers.js';

/** What the teachers say of the training images, as inputs of a training step. */
export interface SoftTargets {
  /** Width of the hints; `undefined` where the loss has none. */
  readonly hintWidth?: number;
  inputs(batchSize: number): Record<string, InputSignature>;
  /** `teacher` `[batch, classes]`, and for a hint `hint` `[batch, hintWidth]`, of the images at these places, in an epoch. */
  rows(places: Int32Array, epoch: number): Record<string, Tensor>;
}

/** How often an image is looked at: in each view by each teacher for its logits, and once more for a hint. */
export function looksPerImage({ loss, views }: Pick<DistillationSpec, 'loss' | 'views'>, teachers: number): number {
  return (teachers + (loss.kind === 'hint' ? 1 : 0)) * Math.max(1, views);
}

export interface SoftTargetsOptions {
  loss: DistillationLossSpec;
  classes: number;
  context: RunContext;
  /** The cuts of each image that the student sees; default: the teacher sees each image as it is. */
  views?: ConsistentViews;
}

/**
 * Asks the teachers about every training image, in every view, or the cache where they have been asked before.
 * @param images as the student sees them, in the order of `SeeingTeacher.images`
 * @param onProgress how many looks at an image are done
 */
export async function softTargets(
  engine: Engine,
  teachers: readonly SeeingTeacher[],
  images: Split,
  { loss, classes, context, views }: SoftTargetsOptions,
  onProgress: (done: number) => void,
): Promise<SoftTargets> {
  let before = 0;
  const counted = (done: number) => onProgress(before + done);
  const logitsOf = async (view?: number): Promise<Float32Array> => {
    const members = [];
    for (const { classifier, weight, field, images: seen } of teachers) {
      const options = { field, view: viewOf(view, seen) };
      const logits = await teacherLogits(engine, classifier, seen, images, context, counted, options);
      members.push({ logits, weight });
      before += images.length;
    }
    return ensembleLogits(members, classes, loss.temperature);
  };
  const hintsOf = async (view?: number): Promise<Float32Array> => {
    const [{ classifier, images: seen }] = teachers;
    const features = await cachedOutputs(engine, classifier, 'features', seen, context, counted, viewOf(view, seen));
    before += images.length;
    return features;
  };
  const viewOf = (view: number | undefined, { imageSize }: Split) =>
    view === undefined ? undefined : views?.ofTeacher(view, imageSize);

  const asked = views === undefined ? [undefined] : Array.from({ length: views.count }, (_, view) => view);
  const logits: Float32Array[] = [];
  for (const view of asked) logits.push(await logitsOf(view));
  const hintWidth = loss.kind === 'hint' ? teachers[0].classifier.featureSize : undefined;
  const features: Float32Array[] = [];
  if (hintWidth !== undefined) for (const view of asked) features.push(await hintsOf(view));
  const hints = hintWidth === undefined ? undefined : standardisedHints(features, hintWidth);
  return {
    hintWidth,
    inputs: (batchSize) => ({
      teacher: { shape: [batchSize, classes] },
      ...(hintWidth === undefined ? {} : { hint: { shape: [batchSize, hintWidth] } }),
      ...views?.inputs(batchSize),
    }),
    rows: (places, epoch) => {
      const view = views?.of(epoch) ?? 0;
      return {
        teacher: rowsOf(engine, logits[view], classes, places),
        ...(hints === undefined || hintWidth === undefined
          ? {}
          : { hint: rowsOf(engine, hints[view], hintWidth, places) }),
        ...views?.rows(places, epoch),
      };
    },
  };
}

/**
 * Each feature with the mean 0 and the deviation 1 over the training images, so that its weight suits any teacher; in all
 * views by what the first one measures.
 */
function standardisedHints(views: readonly Float32Array[], width: number): Float32Array[] {
  const measured = moderate(measure(views[0], width));
  return views.map((features) => standardise(features, measured));
}

function rowsOf({ tf }: Engine, values: Float32Array, width: number, places: Int32Array): Tensor {
  const rows = new Float32Array(places.length * width);
  places.forEach((place, row) => rows.set(values.subarray(place * width, (place + 1) * width), row * width));
  return tf.tensor2d(rows, [places.length, width]);
}
