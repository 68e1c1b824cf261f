// A bench takes its command line apart before anything else, so a wrong one costs nothing and is told in a line.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildPrograms } from '../services/test-services.js';

const root = join(import.meta.dirname, '../..');
const BENCHES = ['engine', 'distil', 'ladder', 'data', 'gpu', 'backends', 'engine/memory'];

beforeAll(buildPrograms);

it.each(BENCHES)('bench/%s.js lists its options, and names one that it has not', async (bench) => {
  const [help, wrong] = await Promise.all([started(bench, '--help'), started(bench, '--nope')]);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('--json <file>');
  expect(wrong).toEqual({
    code: 1,
    stdout: '',
    stderr: "error: unknown option '--nope'\n(--help lists the options)\n",
  });
});

it.each([
  ['ladder', '--arms', 'resnet8,nope', 'There are logistic, transfer, resnet20, scratch, resnet8.'],
  ['ladder', '--seeds', '0,x', 'It must be a whole number, at least 0.'],
  ['distil', '--epochs', '1', 'It must be a whole number, at least 2.'],
  ['engine', '--seconds', '0', 'It must be a number above 0.'],
  ['engine', '--rows', '(', 'Invalid regular expression: /(/: Unterminated group.'],
])('bench/%s.js %s %s: %s', async (bench, option, value, why) => {
  const { code, stderr } = await started(bench, option, value);
  expect(code).toBe(1);
  expect(stderr).toContain(`argument '${value}' is invalid. ${why}`);
});

async function started(bench: string, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(root, `bench/${bench}.js`), ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}
