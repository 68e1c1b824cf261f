import { StudySchema, type Study } from '#contracts';

const id = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const runs = (first: number, state: string) => [0, 1].map((seed) => ({ id: id(first + seed), seed, state }));
const result = (metric: string, mean: number, half: number) => ({
  ...{ metric, mean, interval: [mean - half, mean + half], seeds: 2, images: metric === 'test.top1' ? 10_000 : 0 },
});
const claim = (better: string, than: string, difference: number, verdict: string, fields: object) => ({
  ...{ better, than, metric: 'test.top1', unit: 'percentage points', by: 0.5 },
  ...{ difference, interval: [difference - 2, difference + 2], seeds: 2, images: 10_000 },
  ...{ verdict, moreSeeds: null, words: 'All of the interval says so.', ...fields },
});

/** A study of a ladder: an arm that has not begun, one below the other, and a claim of every verdict. */
export function sampleStudy(): Study {
  return StudySchema.parse({
    experimentId: id(0),
    name: 'ladder',
    arms: [
      {
        label: 'transfer',
        point: { arm: 'transfer' },
        runs: runs(1, 'completed'),
        results: [result('test.top1', 0.8625, 0.0125), result('test.loss', 0.412, 0.03)],
      },
      {
        label: 'student',
        point: { arm: 'student' },
        runs: runs(3, 'completed'),
        results: [result('test.top1', 0.82, 0.01), { ...result('test.loss', 0.55, 0), interval: null, seeds: 1 }],
      },
      { label: 'scratch', point: { arm: 'scratch' }, runs: runs(5, 'queued'), results: [] },
    ],
    claims: [
      claim('transfer', 'student', 4.25, 'holds', {}),
      claim('student', 'transfer', -4.25, 'does not hold', {}),
      claim('student', 'transfer', 1, 'undecided', { moreSeeds: 3, words: '3 more seeds would decide it.' }),
      claim('student', 'scratch', 0, 'undecided', {
        ...{ difference: null, interval: null, seeds: 0, images: 0 },
        words: 'No seed has completed in both arms yet.',
      }),
    ],
  });
}
