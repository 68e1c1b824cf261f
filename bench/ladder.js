// From 5,000 labels to a small network: CIFAR-10 with 5,000 labelled and 45,000 unlabelled training images and the full
// test set; five arms, several seeds, one table with intervals. Hyperparameters: bench/ladder/arms.js.
//   npm run bench:ladder -- --help
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { installEngine } from '#engine';
import { benchCommand, count, listOf, oneOf, PROCESSORS, wholeFrom } from './command-line.js';
import { machineFacts } from './engine/machine.js';
import { ARMS } from './ladder/arms.js';
import { ladderJobs, tuningJobs } from './ladder/jobs.js';
import { playJobs } from './runs/play.js';
import { ladderMarkdown, tuningMarkdown } from './ladder/report.js';
import { summariseLadder } from './ladder/summary.js';
import { summariseTrials } from './ladder/trials.js';

const asked = benchCommand('npm run bench:ladder --', 'From 5,000 labels to a small network: five arms, several seeds.')
  .option('--quick', 'few images, one epoch: proves that it works; nothing is kept unless --out names a folder', false)
  .option('--seeds <list>', 'such as 0,1,2, which are the default', listOf(wholeFrom(0)))
  .option(
    '--arms <list>',
    `these, of ${Object.keys(ARMS).join(',')}, and their teachers`,
    listOf(oneOf(Object.keys(ARMS))),
  )
  .option('--out <folder>', 'where each run is kept; what was interrupted goes on there (default: runs/ladder)')
  .option('--slots <number>', 'how many one-thread processes side by side', count, PROCESSORS)
  .option('--tune', 'in place of the ladder, try the candidates on validation images; no test image is read', false)
  .option('--json <file>', 'keep all figures')
  .parse()
  .opts();
const { quick, slots, arms = Object.keys(ARMS), seeds = quick ? [0, 1] : [0, 1, 2] } = asked;
const say = (line) => process.stderr.write(`${line}\n`);

const stop = new AbortController();
const interrupted = new Error('interrupted');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(interrupted));

const machine = machineFacts();
await installEngine();
const temporary = quick && asked.out === undefined;
const folder = temporary
  ? await mkdtemp(join(os.tmpdir(), 'distillery-ladder-'))
  : resolve(asked.out ?? join('runs', 'ladder'));
try {
  const result = await (asked.tune ? tune() : climb());
  if (asked.json) await writeFile(asked.json, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${(asked.tune ? tuningMarkdown : ladderMarkdown)(result)}\n`);
} catch (error) {
  if (error !== interrupted) throw error;
  say(temporary ? 'Interrupted.' : `Interrupted. What is done is in ${folder}: start again to go on.`);
  process.exitCode = 1;
} finally {
  if (temporary) await rm(folder, { recursive: true, force: true });
}

async function climb() {
  const jobs = ladderJobs({ arms, seeds, folder, quick });
  const results = await playJobs(jobs, { slots, signal: stop.signal, say });
  return { machine, quick, seeds, slots, ...summariseLadder(jobs, results) };
}

async function tune() {
  const jobs = tuningJobs({ arms, folder, quick });
  const results = await playJobs(jobs, { slots, signal: stop.signal, say });
  return { machine, quick, slots, ...summariseTrials(jobs, results) };
}
