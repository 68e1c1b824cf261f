// Distillation with a cached teacher beside a PyTorch script that asks the same teacher at each step, on the same images:
// the first epoch, which fills the cache, a later one, and a study of twelve runs (temperatures × seeds).
//   npm run bench:distil -- --help
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { cacheFolder, installEngine } from '#engine';
import { benchCommand, count, oneOf, PROCESSORS, wholeFrom } from './command-line.js';
import { machineFacts } from './engine/machine.js';
import { pythonEnvironment } from './engine/rivals/python-environment.js';
import { runCommand } from './engine/run-command.js';
import { distilMarkdown } from './distil/report.js';
import { distillationSpec, pytorchTask, STUDENT, STUDY, studyJobs, TEACHER } from './distil/specs.js';
import { bestSetting, epochRows, studyRow, verdicts } from './distil/summary.js';
import { playJobs } from './runs/play.js';

const asked = benchCommand('npm run bench:distil --', 'Distillation with a cached teacher beside a PyTorch script.')
  .option('--quick', 'a few images: proves that it works', false)
  .option('--images <number>', 'of the epochs', count)
  .option('--epochs <number>', 'the first one, and later ones', wholeFrom(2))
  .option('--rounds <number>', 'how often each side takes its turn at the epochs', count)
  .option('--batch <images>', "the student's, on both sides", count, STUDENT.batchSize)
  .option('--study-images <number>', 'of each run of the study', count)
  .option('--study-epochs <number>', 'of each run of the study', count)
  .option('--study-rounds <number>', 'the study takes its time', count, 1)
  .option('--only <part>', 'epochs or study', oneOf(['epochs', 'study']))
  .option('--threads <number>', 'of each side', count, PROCESSORS)
  .option('--precision <name>', 'float32 or bfloat16, on both sides', oneOf(['float32', 'bfloat16']), 'float32')
  .option('--python <path>', 'one that has torch and torchvision (default: they are installed into the cache, 5.5 GB)')
  .option('--json <file>', 'keep all figures')
  .parse()
  .opts();
const { quick, precision, only, threads, batch, studyRounds } = asked;
const defaults = quick
  ? { images: 320, epochs: 2, rounds: 1, studyImages: 160, studyEpochs: 1, testImages: 50 }
  : { images: 10_000, epochs: 3, rounds: 3, studyImages: 5000, studyEpochs: 3, testImages: 1000 };
const options = { quick, precision, threads, batch, rounds: asked.rounds ?? defaults.rounds, studyRounds };
const epochs = { images: asked.images ?? defaults.images, epochs: asked.epochs ?? defaults.epochs };
const study = { images: asked.studyImages ?? defaults.studyImages, epochs: asked.studyEpochs ?? defaults.studyEpochs };
/** The test takes no part in an epoch's time, but does in the study's, on both sides. */
const sizes = {
  epochs: { images: epochs.images, testImages: quick ? 10 : 100 },
  study: { images: study.images, testImages: defaults.testImages },
};
const SETTINGS = [{}, { channelsLast: true }];
/** A setting whose run takes this much longer than the other's, in the first round, is not measured again. */
const OUT = 1.2;
const PATIENCE_MS = 6 * 60 * 60_000;
const FOLDER = import.meta.dirname;
const say = (line) => process.stderr.write(`${line}\n`);
const wordsOf = ({ channelsLast }) => (channelsLast ? 'channels-last' : 'channels first');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(new Error('interrupted')));
const machine = machineFacts();
const installed = await installEngine();
const python = await pythonEnvironment(join(cacheFolder(), 'bench'), { given: asked.python, say });
const workFolder = await mkdtemp(join(os.tmpdir(), 'distillery-bench-'));
process.once('exit', () => rmSync(workFolder, { recursive: true, force: true }));

try {
  const result = await compare();
  if (asked.json) await writeFile(asked.json, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${distilMarkdown(result)}\n`);
  // Speeds are this machine's; that the teacher is asked once is the product's promise.
  if (result.study?.onceEach === false) process.exitCode = 1;
} catch (error) {
  if (!stop.signal.aborted) throw error;
  say('Interrupted.');
  process.exitCode = 1;
}

async function compare() {
  say('A teacher is made, and the images are laid out for both sides');
  await measured(process.execPath, [join(FOLDER, 'distil/prepare.js')], { folder: workFolder, sizes });
  const turns = await playEpochs();
  const rows = only === 'study' ? [] : epochRows(turns);
  const studied = only === 'epochs' ? undefined : await playStudies(bestSetting(turns));
  return {
    machine,
    versions: { distillery: `distillery on TensorFlow ${installed.tensorflow}`, pytorch: `PyTorch ${python.torch}` },
    options,
    work: { teacher: TEACHER, student: { ...STUDENT, batchSize: batch }, epochs, study },
    teacherDifference: Math.max(...turns.flatMap((turn) => turn.teacherDifference ?? [])),
    turns,
    rows,
    study: studied,
    goals: verdicts(rows, studied),
  };
}

/** In each round every side takes a turn; PyTorch's settings decide between them in the first one. */
async function playEpochs() {
  const turns = [];
  const contenders = [
    ...(only === 'study' ? [] : [{ who: 'distillery', setting: 'captured', play: ourEpochs }]),
    ...SETTINGS.map((setting) => ({ who: 'pytorch', setting: wordsOf(setting), play: () => torchEpochs(setting) })),
  ];
  // Before a study alone, one round finds PyTorch's better setting.
  const rounds = only === 'study' ? 1 : options.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders.filter(({ isOut }) => !isOut)) {
      stop.signal.throwIfAborted();
      const { who, setting, play } = contender;
      const found = await play(round);
      const images = Math.floor(epochs.images / batch) * batch;
      turns.push({ who, setting, round, images, ...found });
      contender.seconds = found.epochSeconds.reduce((sum, seconds) => sum + seconds);
      const said = found.epochSeconds.map((seconds) => `${seconds.toFixed(1)} s`).join(', ');
      say(`round ${round} of ${rounds}  ${who} (${setting}): ${said}; loss ${found.trainLoss.toFixed(3)}`);
    }
    const torch = contenders.filter(({ who }) => who === 'pytorch');
    const best = Math.min(...torch.map(({ seconds }) => seconds));
    if (round === 1) for (const contender of torch) contender.isOut = contender.seconds > OUT * best;
  }
  return turns;
}

async function ourEpochs(round) {
  const outputs = join(workFolder, `outputs-${round}`);
  const found = await measured(process.execPath, [join(FOLDER, 'distil/epochs.js')], {
    spec: distillationSpec({ ...sizes.epochs, epochs: epochs.epochs, precision, batch }),
    threads,
    teacherFolder: join(workFolder, 'teacher/model'),
    outputs,
  });
  await rm(outputs, { recursive: true, force: true });
  return found;
}

function torchEpochs(setting) {
  const shared = { epochs: epochs.epochs, precision, batch, threads };
  return torch(pytorchTask({ data: join(workFolder, 'epochs'), ...shared, setting }));
}

/** The twelve runs of ours, two or more side by side as the platform has them, then PyTorch's one after the other. */
async function playStudies(setting) {
  const rounds = [];
  const runs = STUDY.temperatures.length * STUDY.seeds.length;
  for (let round = 1; round <= studyRounds; round++) {
    const ours = await ourStudy(round);
    say(`study, distillery: ${ours.seconds.toFixed(1)} s`);
    stop.signal.throwIfAborted();
    const task = { data: join(workFolder, 'study'), epochs: study.epochs, precision, batch, threads };
    const chosen = SETTINGS.find((each) => wordsOf(each) === setting);
    const theirs = await torch({ ...pytorchTask({ ...task, setting: chosen }), study: STUDY });
    say(`study, PyTorch (${setting}): ${theirs.seconds.toFixed(1)} s`);
    rounds.push({ ours, torch: theirs });
  }
  // The teacher is asked for the test images too: the report says how far its student agrees with it.
  const row = studyRow(rounds, { runs, expected: sizes.study.images + sizes.study.testImages });
  return { ...row, torch: { ...row.torch, setting } };
}

async function ourStudy(round) {
  const folder = join(workFolder, `study-${round}`);
  const size = { ...sizes.study, epochs: study.epochs, precision, batch };
  const place = { folder, teacher: join(workFolder, 'teacher'), outputs: join(folder, 'outputs') };
  const jobs = studyJobs({ ...place, ...size });
  const began = performance.now();
  const results = await playJobs(jobs, { slots: threads, signal: stop.signal, say });
  const seconds = (performance.now() - began) / 1000;
  const reports = [...results.values()].map(({ report }) => report);
  const sum = (of) => reports.reduce((total, report) => total + of(report), 0);
  await rm(folder, { recursive: true, force: true });
  return {
    seconds,
    teacherImages: sum(({ teacherCache: { rows, hits } }) => rows - hits),
    testTop1: sum(({ test }) => test.top1) / reports.length,
  };
}

function torch(task) {
  return measured(python.command, ['-B', join(FOLDER, 'distil/rivals/distil_pytorch.py')], task);
}

/** A process with a task, to its end: the line of JSON that it wrote last, if any. */
async function measured(command, args, task) {
  const output = await runCommand(command, [...args, JSON.stringify(task)], { timeoutMs: PATIENCE_MS });
  const line = output.split('\n').findLast((each) => each.startsWith('{'));
  return line === undefined ? undefined : JSON.parse(line);
}
