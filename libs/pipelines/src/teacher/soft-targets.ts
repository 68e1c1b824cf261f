import type { DistillationLossSpec, DistillationSpec } from '#contracts';
import type { Split } from '#datasets';
import type { Engine, InputSignature, Tensor } from '#engine';
import { measure, moderate } from '../logistic-regression/standardisation.js';
import { cachedOutputs } from '../outputs/cached-outputs.js';
import type { RunContext } from '../run-context.js';
import type { ConsistentViews } from './consistent-views.js';
import { ensembleLogits } from './ensemble.js';
import type { HintLayers } from './hint-layers.js';
import { teacherLogits } from './teacher-logits.js';
import type { SeeingTeacher } from './teachers.js';

/** What the teachers say of the training images, as inputs of a training step. */
export interface SoftTargets {
  inputs(batchSize: number): Record<string, InputSignature>;
  /** `teacher` `[batch, classes]`, and for a hint `hint` `[batch, …layers.shape]`, of the images at these places, in an epoch. */
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
  /** What of the teacher the student follows beside its answers. */
  layers?: HintLayers;
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
  { loss, classes, context, layers, views }: SoftTargetsOptions,
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
  const hintsOf = async ({ output }: HintLayers, view?: number): Promise<Float32Array> => {
    const [{ classifier, images: seen }] = teachers;
    const found = await cachedOutputs(engine, classifier, output, seen, context, counted, viewOf(view, seen));
    before += images.length;
    return found;
  };
  const viewOf = (view: number | undefined, { imageSize }: Split) =>
    view === undefined ? undefined : views?.ofTeacher(view, imageSize);

  const asked = views === undefined ? [undefined] : Array.from({ length: views.count }, (_, view) => view);
  const logits: Float32Array[] = [];
  for (const view of asked) logits.push(await logitsOf(view));
  const hints: Float32Array[] = [];
  if (layers !== undefined) {
    for (const view of asked) hints.push(await hintsOf(layers, view));
    standardiseHints(hints, layers.shape.at(-1)!);
  }
  return {
    inputs: (batchSize) => ({
      teacher: { shape: [batchSize, classes] },
      ...(layers === undefined ? {} : { hint: { shape: [batchSize, ...layers.shape] } }),
      ...views?.inputs(batchSize),
    }),
    rows: (places, epoch) => {
      const view = views?.of(epoch) ?? 0;
      return {
        teacher: rowsOf(engine, logits[view], [classes], places),
        ...(layers === undefined ? {} : { hint: rowsOf(engine, hints[view], layers.shape, places) }),
        ...views?.rows(places, epoch),
      };
    },
  };
}

/**
 * Makes the mean of each feature 0 and its deviation 1 over the training images, of a map over its places too, so that
 * hintWeight suits any teacher; in all views by what the first one measures. In place: hints may be large.
 * @param width features, or channels of the maps
 */
function standardiseHints(views: readonly Float32Array[], width: number): void {
  const { mean, deviation } = moderate(measure(views[0], width));
  for (const hints of views) {
    for (let at = 0; at < hints.length; at++) hints[at] = (hints[at] - mean[at % width]) / deviation[at % width];
  }
}

/** @param shape of each row */
function rowsOf({ tf }: Engine, values: Float32Array, shape: readonly number[], places: Int32Array): Tensor {
  const width = shape.reduce((product, length) => product * length, 1);
  const rows = new Float32Array(places.length * width);
  places.forEach((place, row) => rows.set(values.subarray(place * width, (place + 1) * width), row * width));
  return tf.tensor(rows, [places.length, ...shape]);
}
