import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Study } from '#contracts';
import { studyLines } from './study-lines.js';

const id = '00000000-0000-7000-8000-000000000000';
const study: Study = {
  experimentId: id,
  name: 'ladder',
  arms: [
    {
      label: 'transfer',
      point: { arm: 'transfer' },
      runs: [0, 1, 2].map((seed) => ({ id, seed, state: seed < 2 ? 'completed' : 'running' })),
      results: [
        { metric: 'test.top1', mean: 0.8625, interval: [0.85, 0.875], seeds: 2, images: 10_000 },
        { metric: 'test.loss', mean: 0.41236, interval: null, seeds: 1, images: 0 },
      ],
    },
    { label: 'student', point: { arm: 'student' }, runs: [{ id, seed: 0, state: 'waiting' }], results: [] },
  ],
  claims: [
    {
      ...{ better: 'transfer', than: 'student', metric: 'test.top1', unit: 'percentage points', by: 0.5 },
      ...{ difference: 1.25, interval: [-0.75, 3.25], seeds: 2, images: 10_000 },
      ...{ verdict: 'undecided', moreSeeds: 3, words: '3 more seeds would decide it.' },
    },
  ],
};

describe('studyLines', () => {
  it('shows arms, their intervals, and claims with what was found', () => {
    const lines = studyLines(study, { width: 200, paint: (_, text) => text }).map(stripVTControlCharacters);
    expect(lines).toEqual([
      'ARM       RUNS  METRIC         MEAN  95 % INTERVAL        OVER',
      'transfer   2/3  test top-1  86.25 %  85.00 to 87.50       2 seeds, 10000 images',
      '                test loss    0.4124  needs a second seed  1 seed',
      'student    0/1  -                 -  -                    -',
      '',
      'CLAIMS',
      'undecided: transfer better than student by 0.5 points of test top-1',
      '  1.25 points [-0.75, 3.25], over 2 seeds, 10000 images. 3 more seeds would decide it.',
    ]);
  });
});
