import type { CorruptionName, Report } from '#contracts';
import { lookBatch } from '../../outputs/look-batch.js';
import { stayResponsive } from '../../stay-responsive.js';
import { seededUniform } from '../seeded-random.js';
import type { TestSample } from '../test-pass.js';
import type { TimeBudget } from '../time-budget.js';
import { benchmarkFor, CORRUPT, SEVERITIES } from './severities.js';

/**
 * Top-1 of test images that are spoilt in common ways, at five severities (Hendrycks & Dietterich, 2019).
 * @param predict the most probable class of each of so many images, given as bytes
 * @returns what was found before the time was up, and what was left out; a kind is finished or left out
 */
export async function corruptionsOf(
  predict: (images: Uint8Array, count: number) => Int32Array,
  sample: TestSample,
  { kinds, clean, seed }: { kinds: readonly CorruptionName[]; clean: number; seed: number },
  surroundings: { budget: TimeBudget; signal: AbortSignal; onProgress(images: number): void },
): Promise<{ corruptions: NonNullable<Report['corruptions']>; leftOut: string[] }> {
  const severities = benchmarkFor(sample.imageSize);
  const found: NonNullable<Report['corruptions']>['found'] = [];
  const leftOut: string[] = [];
  for (const kind of kinds) {
    const top1 = await top1AtSeverities(predict, sample, kind, seed, surroundings);
    if (top1 === undefined) leftOut.push(`corruption by ${kind}`);
    else found.push({ kind, top1, mean: meanOf(top1) });
  }
  const mean = found.length === 0 ? null : meanOf(found.map((kind) => kind.mean));
  return { corruptions: { images: sample.labels.length, clean, severities, found, mean }, leftOut };
}

async function top1AtSeverities(
  predict: (images: Uint8Array, count: number) => Int32Array,
  { images, labels, imageSize }: TestSample,
  kind: CorruptionName,
  seed: number,
  { budget, signal, onProgress }: { budget: TimeBudget; signal: AbortSignal; onProgress(images: number): void },
): Promise<number[] | undefined> {
  const bytes = imageSize ** 2 * 3;
  const batch = lookBatch(labels.length);
  const top1: number[] = [];
  for (const [severity, strength] of SEVERITIES[benchmarkFor(imageSize)][kind].entries()) {
    const uniform = seededUniform(seed, `${kind} ${severity}`);
    let right = 0;
    for (let first = 0; first < labels.length; first += batch) {
      await stayResponsive(signal);
      if (budget.isSpent()) return undefined;
      const count = Math.min(batch, labels.length - first);
      const spoilt = new Uint8Array(batch * bytes);
      const each = await Promise.all(
        Array.from({ length: count }, async (_, i) =>
          CORRUPT[kind](images.subarray((first + i) * bytes, (first + i + 1) * bytes), imageSize, strength, uniform),
        ),
      );
      each.forEach((pixels, i) => spoilt.set(pixels, i * bytes));
      predict(spoilt, count).forEach((prediction, i) => {
        if (prediction === labels[first + i]) right++;
      });
      onProgress(count);
    }
    top1.push(right / labels.length);
  }
  return top1;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
