import { expect, it } from 'vitest';
import { sampleReport } from '../../../test/reports/sample-report.js';
import { lookAlikeWords } from './look-alike-words.js';
import { ReportSchema } from './report.js';

const pairs: [] = [];

it('says what was compared and what was found', () => {
  expect(lookAlikeWords({ train: 45_000, validation: 5000, unlabelled: 800, test: 10_000, found: 12, pairs })).toBe(
    '12 of 10,000 test images look like one of 45,000 training, 5,000 validation and 800 unlabelled images',
  );
  expect(lookAlikeWords({ train: 900, validation: 100, unlabelled: 0, test: 200, found: 1, pairs })).toBe(
    '1 of 200 test images looks like one of 900 training and 100 validation images',
  );
  expect(lookAlikeWords({ train: 900, test: 200, found: 0, pairs })).toBe(
    'None of 200 test images looks like one of 900 training images',
  );
});

it('reads what older reports say, which compared training images alone', () => {
  const lookAlikes = { train: 900, test: 200, found: 1, pairs: [{ train: 4, test: 17 }] };
  expect(ReportSchema.parse({ ...sampleReport(), lookAlikes }).lookAlikes).toEqual(lookAlikes);
});
