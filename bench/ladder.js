// From 5,000 labels to a small network: CIFAR-10 with 5,000 labelled and 45,000 unlabelled training images and the full
// test set; five arms, several seeds, one table with intervals. Hyperparameters: bench/ladder/arms.js.
//   npm run bench:ladder -- [--quick] [--seeds 0,1,2] [--arms NAME,…] [--out FOLDER] [--slots N] [--json FILE] [--tune]
// --out: where each run is kept (runs/ladder); a sitting that was interrupted goes on there when started again.
// --slots: how many one-thread processes side by side; by default one per processor.
// --tune: in place of the ladder, tries the candidates of arms.js by their validation images; no test image is read.
// --quick: few images, one epoch: proves that it works, in a folder that is removed unless --out names one.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installEngine } from '#engine';
import { machineFacts } from './engine/machine.js';
import { ARMS } from './ladder/arms.js';
import { ladderJobs, tuningJobs } from './ladder/jobs.js';
import { playJobs } from './runs/play.js';
import { ladderMarkdown, tuningMarkdown } from './ladder/report.js';
import { summariseLadder } from './ladder/summary.js';
import { summariseTrials } from './ladder/trials.js';

const { values: asked } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    tune: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    arms: { type: 'string' },
    out: { type: 'string' },
    slots: { type: 'string', default: String(os.availableParallelism()) },
    json: { type: 'string' },
  },
});
const { quick } = asked;
const seeds = (asked.seeds ?? (quick ? '0,1' : '0,1,2')).split(',').map(Number);
const arms = asked.arms?.split(',') ?? Object.keys(ARMS);
const slots = Number(asked.slots);
for (const name of arms) {
  if (!Object.hasOwn(ARMS, name)) throw new RangeError(`--arms ${name}: there are ${Object.keys(ARMS).join(', ')}`);
}
if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0))
  throw new RangeError('--seeds: whole numbers, such as 0,1,2');
if (!(Number.isInteger(slots) && slots > 0)) throw new RangeError('--slots: a whole number above 0');
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
