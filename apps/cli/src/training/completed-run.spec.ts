import { expect, it } from 'vitest';
import { sampleReport } from '../../../../test/reports/sample-report.js';
import { Terminal } from '../terminal/terminal.js';
import { completedRunLine, completedRunLines } from './completed-run.js';

const run = { label: 'pets', folder: 'my runs/pets', report: sampleReport(), model: '/a/model' };

it('ends with what can be copied: the report to open, and how to predict', () => {
  const lines = completedRunLines(run, new Terminal());
  expect(lines[0]).toBe('pets: completed');
  expect(lines.slice(-3)).toEqual([
    '  everything  my runs/pets',
    expect.stringMatching(/^ {2}report {6}\S+ .*['"]my runs.pets.report\.html['"]$/),
    "  predict     npx distillery predict --model 'my runs/pets' IMAGE…",
  ]);
});

it('is a line for one of many', () => {
  expect(completedRunLine(run)).toMatch(/^pets: test top-1 77\.5 %, my runs.pets.report\.html$/);
  expect(completedRunLine({ ...run, report: undefined })).toBe('pets: my runs/pets');
});
