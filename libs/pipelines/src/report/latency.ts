import type { Report } from '#contracts';
import { stayResponsive } from '../stay-responsive.js';
import type { TimeBudget } from './time-budget.js';

type Latency = NonNullable<Report['cost']>['latency'][number];

/** One image at a time, as a person sends them, and a small batch. */
export const LATENCY_BATCHES = [1, 32] as const;
/** Passes that are not timed: the first one captures, the next ones fill caches. */
const WARM_UP = 3;
/** Where this is reached, fewer passes than asked for are timed. Milliseconds, for each batch size. */
const LONG_ENOUGH_MS = 1500;
const FEWEST_RUNS = 5;

/**
 * How long a forward pass takes, from the bytes of the images to the logits: the median and the 95th percentile.
 * @param look looks at so many images and waits for the logits
 * @returns `undefined` where the time was up before there was enough to say
 */
export async function latencyOf(
  look: () => void,
  batch: number,
  runs: number,
  { budget, signal }: { budget: TimeBudget; signal: AbortSignal },
): Promise<Latency | undefined> {
  for (let i = 0; i < WARM_UP; i++) {
    await stayResponsive(signal);
    if (budget.isSpent()) return undefined;
    look();
  }
  const times: number[] = [];
  const began = performance.now();
  while (times.length < runs) {
    await stayResponsive(signal);
    if (budget.isSpent()) break;
    if (times.length >= FEWEST_RUNS && performance.now() - began > LONG_ENOUGH_MS) break;
    const start = performance.now();
    look();
    times.push(performance.now() - start);
  }
  if (times.length < Math.min(runs, FEWEST_RUNS)) return undefined;
  return { batch, runs: times.length, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
}

/** Linear between the two nearest, as `numpy.quantile`. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
