import { describe, expect, it } from 'vitest';
import { estimateOverSeeds, estimateOverSeedsAndImages, halfWidth } from './crossed-interval.js';

describe('estimateOverSeeds', () => {
  it("is Student's interval", () => {
    // Mean 2, variance 1, √(1/3) · t(0.975; 2) = 0.57735 · 4.302653 = 2.484138.
    const { mean, interval, seedVariance } = estimateOverSeeds([1, 2, 3]);
    expect([mean, seedVariance]).toEqual([2, 1]);
    expect(interval![0]).toBeCloseTo(2 - 2.484138, 5);
    expect(interval![1]).toBeCloseTo(2 + 2.484138, 5);
  });

  it('has no interval of one seed', () => {
    expect(estimateOverSeeds([0.5])).toMatchObject({ mean: 0.5, interval: null, seeds: 1 });
  });
});

describe('estimateOverSeedsAndImages', () => {
  it('is what a calculation by hand gives', () => {
    // Means of seeds 2/3 and 1/3, of images 1/2, 0 and 1, of all 1/2.
    // MS_seed = 3 · (1/36 + 1/36) / 1 = 1/6; MS_image = 2 · (0 + 1/4 + 1/4) / 2 = 1/2;
    // MS_rest = (6/4 − 1/6 − 1) / (1 · 2) = 1/6. Of one seed (1/6) / 3 = 1/18, of one image (1/2 − 1/6) / 2 = 1/6.
    // Half widths t(0.975; 1) · √(1/36) = 2.117701 and t(0.975; 2) · √(1/18) = 1.014145: together 2.348009.
    const found = estimateOverSeedsAndImages([
      [1, 0, 1],
      [0, 0, 1],
    ]);
    expect(found.mean).toBeCloseTo(0.5, 12);
    expect(found.seedVariance).toBeCloseTo(1 / 18, 12);
    expect(found.imageVariance).toBeCloseTo(1 / 6, 12);
    expect(found.interval![0]).toBeCloseTo(0.5 - 2.348009, 5);
    expect(halfWidth(found, 2)).toBeCloseTo(2.348009, 5);
  });

  it("is Student's interval of the images where all seeds say the same", () => {
    // Variance 1/3 of four images, half of them 1: t(0.975; 3) = 3.182446, · √(1/3 / 4) = 0.918693.
    const row = [1, 0, 1, 0];
    const { interval, seedVariance } = estimateOverSeedsAndImages([row, row, row]);
    expect(seedVariance).toBe(0);
    expect(interval![0]).toBeCloseTo(0.5 - 0.918693, 5);
  });

  it('has an interval of no width where nothing differs, none of one seed, and refuses no images', () => {
    expect(estimateOverSeedsAndImages([[1, 1], [1, 1]]).interval).toEqual([1, 1]); // prettier-ignore
    expect(estimateOverSeedsAndImages([[1, 0]])).toMatchObject({ mean: 0.5, interval: null });
    expect(() => estimateOverSeedsAndImages([[], []])).toThrow(/no images/);
  });

  /** Mulberry32 and Box–Muller: the simulation is the same every time. */
  function normals(seed: number): () => number {
    let state = seed;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
    };
    return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  /**
   * How often the interval holds the true difference, which is 0, of two arms that are alike: each seed has a skill of its
   * own, each image a difficulty for both arms and one for each, and the answer is right where skill, difficulty and
   * chance add up to more than 0.
   */
  function coverage(
    seeds: number,
    images: number,
    spread: { skill: number; taste: number },
  ): { crossed: number; pooled: number } {
    const normal = normals(seeds * 1000 + images);
    const trials = 800;
    let crossed = 0;
    let pooled = 0;
    for (let trial = 0; trial < trials; trial++) {
      const difficulty = Array.from({ length: images }, () => ({
        both: 0.7 + normal(),
        a: spread.taste * normal(),
        b: spread.taste * normal(),
      }));
      const rows = Array.from({ length: seeds }, () => {
        const [a, b] = [spread.skill * normal(), spread.skill * normal()];
        return Int8Array.from(difficulty, (image) => {
          const right = (skill: number, taste: number) => (skill + taste + image.both + 0.7 * normal() > 0 ? 1 : 0);
          return right(a, image.a) - right(b, image.b);
        });
      });
      const { interval, mean } = estimateOverSeedsAndImages(rows);
      if (interval![0] <= 0 && interval![1] >= 0) crossed++;
      // What takes every answer of every seed for an image of its own (McNemar's test of all of them).
      const discordant = rows.reduce((count, row) => count + row.filter((each) => each !== 0).length, 0);
      if (Math.abs(mean * seeds * images) <= 1.96 * Math.sqrt(discordant)) pooled++;
    }
    return { crossed: crossed / trials, pooled: pooled / trials };
  }

  // 800 trials of a true 95 % are 95 ± 0.8 %; the interval may be wider than it must, but not narrower.
  it.each([
    ['three seeds that differ', 3, 100, { skill: 0.15, taste: 0.3 }],
    ['five seeds that differ', 5, 100, { skill: 0.15, taste: 0.3 }],
    ['three seeds that hardly differ', 3, 100, { skill: 0.02, taste: 0.5 }],
    ['two seeds that differ much', 2, 60, { skill: 0.3, taste: 0.2 }],
  ])('holds the truth 19 times of 20, with %s', (_, seeds, images, spread) => {
    const { crossed, pooled } = coverage(seeds, images, spread);
    expect(crossed).toBeGreaterThan(0.93);
    expect(crossed).toBeLessThanOrEqual(0.995);
    // Seeds that differ are what this leaves out.
    if (spread.skill > 0.1) expect(pooled).toBeLessThan(0.9);
  });
});
