// What `npm test` runs: build, format, lint, types, arrows, the engine, then every spec; at the end a summary of what ran,
// how long it took, what could not be tested on this machine and what the suite left behind.
//   npm test                    everything
//   npm test -- libs/queue      only the specs below this path; arguments go to vitest, the checks are left out
//   CI=true npm test            what cannot be tested is a failure
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { leftovers, noteWhatIsThere } from './test-leftovers.js';
import { printSummary } from './test-summary.js';

const root = path.resolve(import.meta.dirname, '..');
const filters = process.argv.slice(2);
const everything = filters.length === 0;
const isCi = process.env.CI === 'true';

if (!existsSync(path.join(root, 'node_modules', 'vitest'))) {
  process.stderr.write('The dependencies are not installed: run "npm ci" first.\n');
  process.exit(1);
}

// All temporary files of the suite lie in one folder, which must be empty at the end: no other program's files are there.
const scratch = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'distillery-suite-'));
// Postgres runs under another account where root runs the tests; it has to get to its own folder.
chmodSync(scratch, 0o755);
const temporary = path.join(scratch, 'tmp');
const report = path.join(scratch, 'report');
const env = {
  ...process.env,
  TMPDIR: temporary,
  TEMP: temporary,
  TMP: temporary,
  DISTILLERY_TEST_REPORT: report,
  // The specs need not build again what is built here, while others use it.
  DISTILLERY_TEST_BUILT: 'true',
};
const before = noteWhatIsThere(root, temporary, report);

// Ctrl-C goes to the whole group: the specs' services are stopped, and then the summary is written.
let running;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true;
    if (signal !== 'SIGINT') running?.kill(signal);
  });
}

const steps = [];
const untested = [];
let exitCode = 1;
try {
  await step('build', () => node('scripts/build.js'));
  if (everything) {
    for (const name of ['format:check', 'lint', 'typecheck', 'arrows']) {
      await step(name, () => npm('run', '--silent', name));
    }
  }
  await step('engine', async () => {
    const reason = await engine();
    if (reason !== undefined) untested.push(reason);
    return reason === undefined || !isCi;
  });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path.join(report, 'vitest.json')}`];
  await step('specs', () => node('node_modules/vitest/vitest.mjs', 'run', ...reporters, ...filters));
  // Specs that were interrupted had no time to tidy up; their files go with the folder.
  const left = (await leftovers(before, { isCi })).filter((line) => !interrupted || line.startsWith('process'));
  exitCode = printSummary({ steps, untested, left, report, everything, isCi, interrupted });
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(exitCode);

/** Runs one part and notes how it went. What a failed part makes pointless is left out: without a build, the rest. */
async function step(name, work) {
  if (interrupted || steps.some((earlier) => earlier.name === 'build' && !earlier.passed)) return;
  process.stdout.write(`\n▸ ${name}\n`);
  const start = performance.now();
  const passed = await work();
  steps.push({ name, passed, seconds: (performance.now() - start) / 1000 });
}

/** Installs TensorFlow where it is missing. Why it can't be had, or undefined. */
async function engine() {
  const built = (file) => import(pathToFileURL(path.join(root, 'dist', 'apps', 'cli', 'src', file)).href);
  const { ensureEngine } = await built('platform/ensure-engine.js');
  const { progressDisplay } = await built('terminal/progress-display.js');
  const { Terminal } = await built('terminal/terminal.js');
  const display = progressDisplay(new Terminal());
  try {
    return await ensureEngine({ display });
  } finally {
    display.stop();
  }
}

function node(script, ...args) {
  return run(process.execPath, [path.join(root, script), ...args]);
}

function npm(...args) {
  // npm names its own script to what it runs, which works where npm itself is a .cmd file.
  const script = process.env.npm_execpath;
  if (script !== undefined && /\.c?js$/.test(script)) return run(process.execPath, [script, ...args]);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  return new Promise((resolve) => {
    running = spawn(command, args, { cwd: root, env, stdio: 'inherit', ...options });
    running.once('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(false);
    });
    running.once('close', (code) => resolve(code === 0));
  });
}
