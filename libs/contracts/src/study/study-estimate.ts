import { rightImages } from '../test-answers.js';
import { estimateOverSeeds, estimateOverSeedsAndImages, type Estimate } from './crossed-interval.js';
import { studyMetricOf, type StudyMetricName, type StudyReport } from './study-metrics.js';

/** Of one seed: an arm's report, or those of two arms, of which the second is taken from the first. */
export type SeedReports = readonly [StudyReport] | readonly [StudyReport, StudyReport];

/**
 * The mean over seeds of a metric, or of the difference between two reports of each seed. Image by image where the metric
 * counts right answers, and every report says them of the same images.
 * @param scale what the numbers are multiplied by: 100 for percentage points, −1 to turn a difference round
 * @returns undefined where no seed has the metric
 */
export function estimateOf(seeds: readonly SeedReports[], metric: StudyMetricName, scale = 1): Estimate | undefined {
  const rows = metric === 'test.top1' ? answersOf(seeds) : undefined;
  if (rows !== undefined) return scaled(estimateOverSeedsAndImages(rows), scale);
  const values = seeds.flatMap((reports) => {
    const [value, other] = reports.map((report) => studyMetricOf(report, metric));
    if (value === undefined || (reports.length === 2 && other === undefined)) return [];
    return [value - (other ?? 0)];
  });
  return values.length === 0 ? undefined : scaled(estimateOverSeeds(values), scale);
}

/** 1, 0 or −1, `[seeds][images]`, or `undefined` where the reports are not all of the same test images. */
function answersOf(seeds: readonly SeedReports[]): Int8Array[] | undefined {
  const first = seeds[0]?.[0].testAnswers;
  if (first === undefined || first.images === 0) return undefined;
  const same = ({ testAnswers }: StudyReport) => testAnswers?.imagesHash === first.imagesHash;
  if (!seeds.every((reports) => reports.every(same))) return undefined;
  return seeds.map((reports) => {
    const [right, other] = reports.map(({ testAnswers }) => rightImages(testAnswers!));
    return Int8Array.from(right, (one, image) => one - (other?.[image] ?? 0));
  });
}

function scaled({ mean, interval, seedVariance, imageVariance, ...counts }: Estimate, scale: number): Estimate {
  const ends = interval?.map((end) => end * scale).sort((a, b) => a - b) as [number, number] | undefined;
  return {
    ...counts,
    mean: mean * scale,
    interval: ends ?? null,
    seedVariance: seedVariance * scale ** 2,
    imageVariance: imageVariance * scale ** 2,
  };
}
