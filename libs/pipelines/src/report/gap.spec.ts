import { describe, expect, it } from 'vitest';
import { gapOf, scoreOfSplit } from './gap.js';

const split = (right: number, images: number) => scoreOfSplit({ top1: right / images, loss: 1 }, images);

describe('gapOf', () => {
  it('calls a gap over-fitting where more than five points of it are no chance', () => {
    const gap = gapOf(split(990, 1000), split(75, 100), split(710, 1000));
    expect(gap.verdict).toBe('over-fitting');
    expect(gap.words).toMatch(
      /^It over-fits: top-1 is 99\.0 % on training images and 71\.0 % on test images, a difference of 28\.0 points \(95 % interval 25\.\d to 3\d\.\d\)\.$/,
    );
  });

  it('calls a smaller one slight, and one that may be chance none', () => {
    expect(gapOf(split(960, 1000), undefined, split(910, 1000)).verdict).toBe('slight over-fitting');
    expect(gapOf(split(96, 100), undefined, split(91, 100)).verdict).toBe('no over-fitting seen');
    expect(gapOf(split(80, 100), undefined, split(91, 100)).verdict).toBe('no over-fitting seen');
  });

  it('does not judge a handful of images', () => {
    expect(gapOf(split(1000, 1000), undefined, split(9, 18))).toMatchObject({ verdict: 'undecided' });
  });

  it('says so where the validation score is above the test by more than chance', () => {
    const { words } = gapOf(split(900, 1000), split(880, 1000), split(800, 1000));
    expect(words).toContain('validation (88.0 %) is 8.0 points above the test');
    expect(gapOf(split(900, 1000), split(81, 100), split(800, 1000)).words).not.toContain('validation');
  });
});
