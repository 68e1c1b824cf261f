import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sideBySide } from './side-by-side.js';

const PROGRAM = join(import.meta.dirname, 'run.js');
const SAY_EVERY_MS = 30_000;
const ERROR_CHARACTERS = 4000;

/**
 * Does the runs, each in a process of one thread, so many side by side. What is done already, by the same spec and the
 * same teacher, is not done again; what was interrupted goes on from its checkpoint.
 * @param jobs `{ name, needs, spec, seed, folder, outputs, teacher, stopBeforeTest, cost }`: teacher is the folder of the run whose model
 *   is the teacher, outputs the folder for what teachers say, cost any measure of how long it takes
 * @param signal aborted: the runs under way write their checkpoints, and end
 * @param say hears what begins, what ends, and from time to time how far everything is
 * @returns the results, by the jobs' names: `{ validation, seconds, report }`; a trial has no report
 * @throws the signal's reason, or Error of the first run that failed
 */
export async function playJobs(jobs, { slots, signal, say }) {
  const results = new Map();
  const progress = progressOf(jobs, say);
  await sideBySide(jobs, slots, async (job) => {
    signal.throwIfAborted();
    const task = await taskOf(job);
    const found = await resultIn(job.folder, task.identity);
    if (found !== undefined) progress.found(job);
    else {
      progress.begin(job);
      await runJob(task, { signal, onProgress: (fraction) => progress.at(job, fraction) });
    }
    const result = found ?? (await resultIn(job.folder, task.identity));
    results.set(job.name, result);
    if (found === undefined) progress.done(job, result);
  });
  return results;
}

async function taskOf({ spec, seed, folder, outputs, teacher, stopBeforeTest = false }) {
  const teacherFolder = teacher && join(teacher, 'model');
  const model = teacher && JSON.parse(await readFile(join(teacherFolder, 'model.json'), 'utf8'));
  const decisive = { spec, seed, threads: 1, stopBeforeTest, teacher: model?.weights.sha256 };
  return { ...decisive, identity: JSON.stringify(decisive), folder, outputs, teacherFolder };
}

/** The result that lies there; `undefined` where there is none, or one of another task. */
async function resultIn(folder, identity) {
  const file = join(folder, 'result.json');
  if (!existsSync(file)) return undefined;
  const { task, ...result } = JSON.parse(await readFile(file, 'utf8'));
  if (task === identity) return result;
  await rm(folder, { recursive: true });
  return undefined;
}

async function runJob(task, { signal, onProgress }) {
  await mkdir(task.folder, { recursive: true });
  const child = fork(PROGRAM, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-ERROR_CHARACTERS);
  });
  child.on('message', ({ fraction }) => onProgress(fraction));
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killed) => resolve(code === 0 ? undefined : `it ended with ${killed ?? code}`));
  });
  // One that cannot be started cannot be told either, and has said so.
  child.send(task, () => undefined);
  const failure = await ended;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (failure !== undefined) throw new Error(`${task.spec.name}, seed ${task.seed}: ${failure}\n${errors.trim()}`);
}

function progressOf(jobs, say) {
  const shares = new Map(jobs.map(({ name }) => [name, 0]));
  const began = performance.now();
  const total = jobs.reduce((sum, { cost }) => sum + cost, 0);
  const doneCost = () => jobs.reduce((sum, { name, cost }) => sum + cost * shares.get(name), 0);
  /** What was there when this sitting began took none of its time. */
  let before = 0;
  let saidAt = began;
  const left = () => {
    const done = doneCost();
    if (done <= before) return '';
    const seconds = ((performance.now() - began) / 1000) * ((total - done) / (done - before));
    return `, about ${durationWords(seconds)} left`;
  };
  const count = () => [...shares.values()].filter((share) => share === 1).length;
  return {
    found(job) {
      shares.set(job.name, 1);
      before += job.cost;
      say(`${job.name}: done before`);
    },
    begin: (job) => say(`${job.name}: begins`),
    at(job, fraction) {
      // 1 is for what has ended.
      shares.set(job.name, Math.min(fraction, 0.999));
      if (performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      const under = [...shares].filter(([, share]) => share > 0 && share < 1);
      const parts = under.map(([name, share]) => `, ${name} ${Math.floor(100 * share)} %`);
      say(`${count()} of ${jobs.length} runs done${parts.join('')}${left()}`);
    },
    done(job, { seconds }) {
      shares.set(job.name, 1);
      say(`${job.name}: done in ${durationWords(seconds)}; ${count()} of ${jobs.length} runs done${left()}`);
    },
  };
}

/** `40 s`, `12 min`, `1 h 05 min`. */
export function durationWords(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
