import { studentQuantile } from './student-t.js';

/**
 * A mean over seeds (and test images), and how sure it is. Variances are of one seed and one image:
 * the mean's own is `seedVariance / seeds + imageVariance / images`.
 */
export interface Estimate {
  mean: number;
  /** 95 %; null where there is one seed only, of which no spread between seeds can be known. */
  interval: [number, number] | null;
  seeds: number;
  /** What one more seed averages out: how seeds differ, and how they differ from image to image. */
  seedVariance: number;
  /** What no seed averages out, for all of them are tested on the same images; 0 where images take no part. */
  imageVariance: number;
  /** Test images that the estimate is of; 0 where it is of the seeds alone. */
  images: number;
}

const CONFIDENCE = 0.975;

/**
 * Of numbers of which each seed has one: Student's interval. It speaks of seeds alone, or, where each seed has test images
 * of its own, of both, for then their spread is part of the seeds'.
 */
export function estimateOverSeeds(values: readonly number[]): Estimate {
  const seeds = values.length;
  const mean = meanOf(values);
  const seedVariance = seeds < 2 ? 0 : sumOfSquares(values, mean) / (seeds - 1);
  return finished({ mean, seeds, seedVariance, imageVariance: 0, images: 0 });
}

/**
 * Of numbers of which each seed has one for every test image, all seeds for the same images: seeds and images are both
 * drawn from many, and crossed. Y = μ + seed + image + rest, without repetition, so that the mean's variance is
 * (MS_seed + max(MS_image − MS_rest, 0)) / (seeds · images). This is how diagnostic methods are compared by several readers
 * of the same cases (Dorfman, Berbaum & Metz, 1992): a seed is a reader, an image a case; a difference of two arms, image
 * by image, makes the comparison a paired one.
 * @param rows `[seeds][images]`
 */
export function estimateOverSeedsAndImages(rows: readonly ArrayLike<number>[]): Estimate {
  const seeds = rows.length;
  const images = rows[0]?.length ?? 0;
  if (images === 0) throw new RangeError('there are no images to estimate from');
  const ofSeed = rows.map((row) => sum(row) / images);
  const mean = meanOf(ofSeed);
  const ofImage = Float64Array.from(
    { length: images },
    (_, i) => rows.reduce((total, row) => total + row[i], 0) / seeds,
  );
  const betweenImages = sumOfSquares(ofImage, mean);
  if (seeds < 2 || images < 2) {
    const imageVariance = images < 2 ? 0 : betweenImages / (images - 1);
    return finished({ mean, seeds, seedVariance: 0, imageVariance, images });
  }
  const betweenSeeds = sumOfSquares(ofSeed, mean);
  const total = rows.reduce((all, row) => all + sumOfSquares(row, mean), 0);
  const meanSquareOfSeeds = (images * betweenSeeds) / (seeds - 1);
  const meanSquareOfImages = (seeds * betweenImages) / (images - 1);
  const rest = total - images * betweenSeeds - seeds * betweenImages;
  // Rounding may leave a little less than nothing.
  const meanSquareOfRest = Math.max(0, rest) / ((seeds - 1) * (images - 1));
  const imageVariance = Math.max(0, meanSquareOfImages - meanSquareOfRest) / seeds;
  return finished({ mean, seeds, seedVariance: meanSquareOfSeeds / images, imageVariance, images });
}

/**
 * Half the width of the 95 % interval, were there so many seeds, of the spread that an estimate has found. The half widths
 * of seeds and of images, each by its own degrees of freedom, are added as squares (Howe, 1974). One approximate number of
 * degrees of freedom for both (Satterthwaite's) is too sure of itself with two or three seeds: the variance between them
 * is then often found far too small, and the images' degrees lend it weight.
 * @param seeds at least 2
 */
export function halfWidth(
  { seedVariance, imageVariance, images }: Pick<Estimate, 'seedVariance' | 'imageVariance' | 'images'>,
  seeds: number,
): number {
  const half = (variance: number, count: number) =>
    count < 2 || variance === 0 ? 0 : studentQuantile(CONFIDENCE, count - 1) * Math.sqrt(variance / count);
  return Math.hypot(half(seedVariance, seeds), half(imageVariance, images));
}

function finished(found: Omit<Estimate, 'interval'>): Estimate {
  if (found.seeds < 2) return { ...found, interval: null };
  const half = halfWidth(found, found.seeds);
  return { ...found, interval: [found.mean - half, found.mean + half] };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function meanOf(values: ArrayLike<number>): number {
  return values.length === 0 ? NaN : sum(values) / values.length;
}

/** Of the distances from a centre. */
function sumOfSquares(values: ArrayLike<number>, centre: number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] - centre) ** 2;
  return total;
}
