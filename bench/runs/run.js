// One run of a pipeline, in a process of its own. The parent sends the task; what is found lies in the task's folder.
//   { identity, spec, seed, threads, folder, outputs, teacherFolder, stopBeforeTest }
// identity: all that decides the result, kept beside it. outputs: folder for what teachers say. stopBeforeTest: a trial.
// Told to stop, or left alone by its parent, it writes a checkpoint and ends; started again it goes on from there.
import { existsSync } from 'node:fs';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSpec } from '#contracts';
import { loadEngine } from '#engine';
import { localOutputs, nullRunContext, readCheckpoint, runPipeline, writeCheckpoint } from '#pipelines';

const STOPPED = 130;
/** What ends a trial: it is never tested. */
const TEST_IS_NEXT = new Error('the test is next');

const task = await new Promise((resolve) => process.once('message', resolve));
const { folder } = task;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(new Error('interrupted')));
process.once('disconnect', () => stop.abort(new Error('interrupted')));

const checkpointFile = join(folder, 'checkpoint.safetensors');
let validation;
let lines = Promise.resolve();
const began = performance.now();
try {
  const report = await run();
  const seconds = (report?.durationMs ?? performance.now() - began) / 1000;
  await lines;
  await writeWhole(join(folder, 'result.json'), JSON.stringify({ task: task.identity, validation, seconds, report }));
  process.exitCode = 0;
} catch (error) {
  if (stop.signal.aborted) process.exitCode = STOPPED;
  else {
    process.stderr.write(`${error.remedy === undefined ? error.stack : `${error.message} ${error.remedy}`}\n`);
    process.exitCode = 1;
  }
}
if (process.connected) process.disconnect();

/** @returns the report; nothing where the run ends before its test */
async function run() {
  const parsed = parseSpec(task.spec);
  if (!parsed.ok) {
    throw new Error(parsed.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  }
  const engine = await loadEngine({ backend: 'tensorflow', threads: task.threads });
  const context = nullRunContext({
    signal: stop.signal,
    teacherOutputs: localOutputs(task.outputs),
    log: (level, message) => void keepLine('log.jsonl', { level, message }),
    metrics: (step, values) => {
      if (values['validation.loss'] !== undefined) {
        validation = { top1: values['validation.top1'], loss: values['validation.loss'] };
      }
      void keepLine('metrics.jsonl', { step, ...values });
    },
    progress: (progress) => {
      if (task.stopBeforeTest && progress.phase === 'test') throw TEST_IS_NEXT;
      if (process.connected) process.send({ fraction: progress.fraction, phase: progress.phase });
    },
    saveCheckpoint: (checkpoint) => writeWhole(checkpointFile, writeCheckpoint(checkpoint)),
    loadCheckpoint: async () => {
      if (!existsSync(checkpointFile)) return undefined;
      const checkpoint = await readCheckpoint(checkpointFile);
      validation = checkpoint.position.validation;
      return checkpoint;
    },
    writeArtifact: (_kind, name, bytes) => writeWhole(join(folder, name), bytes),
  });
  try {
    const { seed, teacherFolder } = task;
    return await runPipeline({ engine, spec: parsed.spec, seed, context, teacherFolder });
  } catch (error) {
    if (error === TEST_IS_NEXT) return undefined;
    throw error;
  }
}

/** Lines in the order in which they come; one that cannot be kept ends the run. */
function keepLine(name, line) {
  lines = lines.then(() => appendFile(join(folder, name), `${JSON.stringify(line)}\n`));
  lines.catch((error) => stop.abort(error));
  return lines;
}

async function writeWhole(file, bytes) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.unfinished`, bytes);
  await rename(`${file}.unfinished`, file);
}
