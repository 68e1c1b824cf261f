import { describe, expect, it } from 'vitest';
import { estimateOverSeeds, estimateOverSeedsAndImages } from './crossed-interval.js';
import { judge } from './judge.js';

describe('judge', () => {
  // [−0.484, 4.484], see the intervals' own test.
  const estimate = estimateOverSeeds([1, 2, 3]);

  it('lets a claim hold where the whole interval is at or above what is claimed', () => {
    expect(judge(estimate, -0.5)).toMatchObject({ verdict: 'holds', moreSeeds: null });
    expect(judge(estimateOverSeeds([1, 1]), 1).verdict).toBe('holds');
  });

  it('does not where the whole interval is below', () => {
    expect(judge(estimate, 4.5)).toMatchObject({ verdict: 'does not hold', moreSeeds: null });
  });

  it('says how many more seeds would decide', () => {
    // t(0.975; S − 1) / √S < 2 from S = 4 on: 3.182446 / 2 = 1.5912.
    expect(judge(estimate, 0)).toMatchObject({ verdict: 'undecided', moreSeeds: 1 });
    // < 1 from S = 7 on: 2.446912 / √7 = 0.9248 (S = 6: 2.570582 / √6 = 1.0494).
    expect(judge(estimate, 1)).toMatchObject({ verdict: 'undecided', moreSeeds: 4 });
    expect(judge(estimate, 3)).toMatchObject({ moreSeeds: 4 });
  });

  it('says so where no number of seeds would', () => {
    expect(judge(estimate, 2)).toMatchObject({ verdict: 'undecided', moreSeeds: null });
    const row = [1, 0, 1, 0];
    const sameSeeds = judge(estimateOverSeedsAndImages([row, row, row]), 0.2);
    expect(sameSeeds).toMatchObject({ verdict: 'undecided', moreSeeds: null });
    expect(sameSeeds.words).toContain('more of them are needed');
  });

  it('leaves undecided what has one seed, or none', () => {
    expect(judge(estimateOverSeeds([5]), 0)).toMatchObject({ verdict: 'undecided', moreSeeds: null });
    expect(judge(estimateOverSeeds([]), 0).words).toContain('No seed has completed');
  });
});
