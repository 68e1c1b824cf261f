import { halfWidth, type Estimate } from './crossed-interval.js';

export const VERDICTS = ['holds', 'does not hold', 'undecided'] as const;

export interface Judgement {
  verdict: (typeof VERDICTS)[number];
  /** Where it is undecided: how many more seeds would decide it, were the difference what it seems; null where none would. */
  moreSeeds: number | null;
  /** Why, in a sentence. */
  words: string;
}

/** More than anybody runs. */
const MOST_SEEDS = 1000;

/**
 * Judges the claim that a difference is at least `by`, from the difference's 95 % interval: it holds where all of the
 * interval is at or above `by`, and does not where all of it is below.
 * @param estimate of the difference, positive where the claim's first arm is the better one; in the unit of `by`
 */
export function judge(estimate: Estimate, by: number): Judgement {
  const { interval, mean, seeds } = estimate;
  if (seeds === 0) return { verdict: 'undecided', moreSeeds: null, words: 'No seed has completed in both arms yet.' };
  if (interval === null) {
    const words = 'One seed says nothing of other seeds: run two more at least.';
    return { verdict: 'undecided', moreSeeds: null, words };
  }
  const [low, high] = interval;
  if (low >= by) return { verdict: 'holds', moreSeeds: null, words: `All of the interval is at or above ${by}.` };
  if (high < by) return { verdict: 'does not hold', moreSeeds: null, words: `All of the interval is below ${by}.` };
  const distance = Math.abs(mean - by);
  const decides = (count: number) => halfWidth(estimate, count) < distance;
  if (!decides(MOST_SEEDS)) {
    const words =
      estimate.images > 0 && distance > 0
        ? `The difference is so near to ${by} that the test images' own spread hides it: more of them are needed, not more seeds.`
        : `The difference is so near to ${by} that no reasonable number of seeds would decide it.`;
    return { verdict: 'undecided', moreSeeds: null, words };
  }
  // The interval only narrows with more seeds.
  let [no, yes] = [seeds, MOST_SEEDS];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (decides(middle)) yes = middle;
    else no = middle;
  }
  const moreSeeds = yes - seeds;
  const words = `The interval has ${by} within it; ${moreSeeds} more seed${moreSeeds === 1 ? '' : 's'} would decide it if the difference is what it seems.`;
  return { verdict: 'undecided', moreSeeds, words };
}
