import { createHash } from 'node:crypto';
import type { Tensor4D } from '@tensorflow/tfjs';
import { UserError, type AugmentationSpec, type ImageSpec } from '#contracts';
import { placeImages, type Split } from '#datasets';
import type { Engine, InputSignature, Tensor } from '#engine';
import type { OutputView } from '../outputs/output-view.js';

/** Raised whenever the same view could show another cut of an image. */
const FORMAT = 1;

/** Of a placement: distance to the top and the left, in pixels of the student's images, and 1 for mirrored. */
const NUMBERS = 3;

/** How a view places every image of a split: three numbers each. */
type Placements = Float32Array;

/**
 * K cuts of every image, of which student and teacher see the same (Beyer et al., "Knowledge distillation: A good teacher
 * is patient and consistent", 2022): in epoch e, counted from 0, that of number e mod K. Each is a function of its number
 * and of the image's content alone, so runs of all seeds and all datasets with the image share what the teacher says of it.
 */
export interface ConsistentViews {
  readonly count: number;
  /** The view of an epoch. */
  of(epoch: number): number;
  /** What the student's step needs to know of its images. */
  inputs(batchSize: number): Record<string, InputSignature>;
  rows(places: Int32Array, epoch: number): Record<string, Tensor>;
  /** The student's images as its view shows them, float32. */
  apply(images: Tensor, inputs: Record<string, Tensor>): Tensor;
  /** The same cut of a teacher's images, which may be of another size. */
  ofTeacher(view: number, imageSize: number): OutputView;
}

export function consistentViews(
  engine: Engine,
  { hashes, imageSize }: Pick<Split, 'hashes' | 'imageSize'>,
  count: number,
  { crop, flip }: Pick<AugmentationSpec, 'crop' | 'flip'>,
): ConsistentViews {
  const placements: (Placements | undefined)[] = [];
  const ofView = (view: number): Placements => (placements[view] ??= drawPlacements(hashes, view, { crop, flip }));
  const inputs = (batchSize: number): Record<string, InputSignature> => ({
    placement: { shape: [batchSize, NUMBERS] },
  });
  const of = (epoch: number): number => epoch % count;
  return {
    count,
    of,
    inputs,
    rows: (places, epoch) => placementRows(engine, ofView(of(epoch)), places, places.length),
    apply: (images, { placement }) => place(engine, images, placement, crop, 1),
    ofTeacher: (view, teacherSize) => ({
      key: JSON.stringify([FORMAT, view, crop, flip, imageSize]),
      description: `view ${view} of crop ${crop}${flip ? ' and flip' : ''} at ${imageSize} px`,
      inputs,
      rows: (places, batchSize) => placementRows(engine, ofView(view), places, batchSize),
      apply: (images, { placement }) => place(engine, images, placement, crop, teacherSize / imageSize),
    }),
  };
}

/**
 * Views are of the student's crop and flip, and show the teacher the same part of an image only where both prepare it
 * alike.
 * @throws UserError naming `views`
 */
export function checkViews(
  { crop, flip }: Pick<AugmentationSpec, 'crop' | 'flip'>,
  student: Pick<ImageSpec, 'resize'>,
  teachers: readonly { name: string; image: Pick<ImageSpec, 'resize'> }[],
): void {
  if (crop === 0 && !flip) {
    throw new UserError('views are of the crop and flip of the student, which has neither', {
      field: 'views',
      remedy: 'Set training.augmentation.crop or flip, or leave views out.',
    });
  }
  const other = teachers.find(({ image }) => image.resize !== student.resize);
  if (other === undefined) return;
  throw new UserError(
    `the teacher ${other.name} sees images by resize "${other.image.resize}", the student by "${student.resize}": a view would show them different parts`,
    { field: 'views', remedy: `Set image.resize to "${other.image.resize}", or leave views out.` },
  );
}

/** The draws of a view: of each image, from the SHA-256 of the view's number and the image's hash. */
function drawPlacements(
  hashes: readonly string[],
  view: number,
  { crop, flip }: Pick<AugmentationSpec, 'crop' | 'flip'>,
): Placements {
  const placements = new Float32Array(hashes.length * NUMBERS);
  hashes.forEach((hash, image) => {
    const drawn = createHash('sha256').update(`${view} ${hash}`).digest();
    const distance = (at: number): number => (drawn.readUInt32LE(at) % (2 * crop + 1)) - crop;
    placements.set([distance(0), distance(4), flip ? drawn[8] & 1 : 0], image * NUMBERS);
  });
  return placements;
}

/** `[batchSize, 3]`; behind the last place zeros: the image as it is. */
function placementRows(
  { tf }: Engine,
  placements: Placements,
  places: Int32Array,
  batchSize: number,
): Record<string, Tensor> {
  const rows = new Float32Array(batchSize * NUMBERS);
  places.forEach((place, row) => rows.set(placements.subarray(place * NUMBERS, (place + 1) * NUMBERS), row * NUMBERS));
  return { placement: tf.tensor2d(rows, [batchSize, NUMBERS]) };
}

/** @param scale pixels of these images for one of the student's */
function place(engine: Engine, images: Tensor, placement: Tensor, crop: number, scale: number): Tensor {
  const { tf } = engine;
  const [top, left, mirrored] = tf.unstack(placement, 1);
  const placed = {
    top: tf.mul(top, scale),
    left: tf.mul(left, scale),
    mirrored: tf.greater(mirrored, 0.5),
  };
  const whole = Number.isInteger(scale);
  return placeImages(engine, tf.cast(images, 'float32') as Tensor4D, placed, crop * scale, { whole });
}
