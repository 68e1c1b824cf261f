// The last lines of `npm test`.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the whole suite may take on two cores. Seconds. */
const BUDGET = 25 * 60;
const SLOWEST = 5;

/** Prints what ran and what did not. The exit code: 0 if all is well. */
export function printSummary({ steps, untested, left, report, everything, isCi, interrupted }) {
  const specs = readSpecs(path.join(report, 'vitest.json'));
  // What the engine's installation said is not said again by the specs that wanted it.
  const known = untested.length > 0 ? ['tensorflow'] : [];
  const missing = [...untested, ...readMissing(path.join(report, 'missing.json'), known)];
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  const print = (line = '') => process.stdout.write(`${line}\n`);

  print('\n──── summary');
  for (const { name, passed, seconds } of steps) {
    print(`${passed ? '✓' : '✗'} ${name.padEnd(14)} ${duration(seconds)}${name === 'specs' ? `   ${specs.line}` : ''}`);
  }
  if (specs.slowest.length > 0 && everything) print(`  slowest: ${specs.slowest.join(', ')}`);
  print(`  in all         ${duration(total)}`);
  if (specs.skipped.length > 0) print(`  not run: ${specs.skipped.join('; ')}`);
  for (const line of missing) print(`!!! NOT TESTED: ${line}`);
  for (const line of left) print(`!!! LEFT BEHIND: ${line}`);
  if (everything && total > BUDGET) print(`!!! SLOW: the suite should take less than ${duration(BUDGET)} on two cores`);
  if (interrupted) print('!!! INTERRUPTED');

  const failed = steps.filter(({ passed }) => !passed).map(({ name }) => name);
  if (left.length > 0) failed.push('what was left behind');
  if (isCi && missing.length > 0) failed.push('what was not tested (CI=true)');
  if (interrupted) failed.push('interrupted');
  const well = missing.length === 0 ? 'All is well.' : 'What was tested is well.';
  print(failed.length === 0 ? `\n${well}` : `\nFAILED: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** Why services could not be had, as test/services/global-setup.ts noted it. */
function readMissing(file, known) {
  if (!existsSync(file)) return [];
  return Object.entries(JSON.parse(readFileSync(file, 'utf8')))
    .filter(([name]) => !known.includes(name))
    .map(([name, reason]) => `${name}: ${reason}`);
}

function readSpecs(file) {
  if (!existsSync(file)) return { line: 'no results', slowest: [], skipped: [] };
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const files = results.testResults.map((result) => ({
    name: path.relative(process.cwd(), result.name),
    seconds: (result.endTime - result.startTime) / 1000,
    skipped: result.assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped'),
  }));
  // A file that fails as a whole counts no failed test.
  const broken = results.testResults.filter(({ status }) => status === 'failed').length;
  const bySeconds = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const counts = `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${results.numPendingTests} not run`;
  return {
    line: `${counts}; ${files.length} files${broken > 0 ? `, ${broken} failed` : ''}`,
    slowest: bySeconds.map(({ name, seconds }) => `${name} ${duration(seconds)}`),
    skipped: files
      .filter(({ skipped }) => skipped.length > 0)
      .map(({ name, skipped }) => `${name} (${skipped.map(({ fullName }) => fullName).join(' · ')})`),
  };
}

function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`;
}
