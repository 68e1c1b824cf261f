// Whether and how fast this machine's NVIDIA GPU trains: a list of checks and a table, for a machine that has one.
//   npm run bench:gpu -- --help
// Installs the engine for GPUs if it is not there (2.5 GB). Every measurement is a process of its own. Without a GPU it
// says so and ends with 0; otherwise it fails where a check does.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { engineDoctor, installEngine } from '#engine';
import { benchCommand, positive } from './command-line.js';

const SGD = { lr: 0.01, momentum: 0.9, nesterov: true, weight_decay: 5e-4 };
const small = { size: 32, channels: 3, classes: 10, batch: 256 };
const large = { size: 224, channels: 3, classes: 1000, batch: 64 };
const MODELS = [
  { model: 'resnet20', ...small },
  { model: 'mobilenet_v2', ...large },
  { model: 'resnet18', ...large },
];
/** With TF32 off, the first loss differs by rounding alone; later ones by what the weights have gathered of it. */
const FIRST_LOSS_TOLERANCE = 1e-4;
const LAST_LOSS_TOLERANCE = 1e-2;
const COMPARED_STEPS = 5;
/** Without memory growth, TensorFlow takes nearly all of a card. */
const MOST_MEMORY = 0.5;
/** Of a GPU to the processor beside it, for a network as large as ResNet-18: anything less, and it does not run there. */
const LEAST_GAIN = 2;

const asked = benchCommand('npm run bench:gpu --', "Whether and how fast this machine's NVIDIA GPU trains.")
  .option('--seconds <number>', 'of each measurement', positive, 5)
  .option('--quick', 'one second each', false)
  .option('--json <file>', 'keep all figures')
  .parse()
  .opts();
const seconds = asked.quick ? 1 : asked.seconds;

const { gpus } = await engineDoctor();
if (gpus.length === 0) console.log('This machine has no NVIDIA GPU that nvidia-smi knows: there is nothing to check.');
else process.exitCode = (await checkGpu()) ? 0 : 1;

async function checkGpu() {
  const checks = [];
  const check = (name, passed, detail) => {
    checks.push({ name, passed, detail });
    console.log(`${passed ? '✔' : '✖'} ${name}: ${detail}`);
  };
  const installed = await installEngine({ onNote: (line) => console.log(line) });
  check('the engine for GPUs is installed', installed.accelerator === 'gpu', installed.folder);
  const report = await engineDoctor({ speed: true });
  const [gpu] = report.gpus;
  check('TensorFlow finds the GPU', gpu.used, gpu.why ?? `${gpu.name}, driver ${gpu.driver}`);

  const keep = (more) => {
    const result = { gpus: report.gpus, installed, speed: report.speed, checks, ...more };
    if (asked.json) writeFileSync(asked.json, `${JSON.stringify(result, undefined, 2)}\n`);
    return checks.every(({ passed }) => passed);
  };
  // On the processor the rest would take an hour and say nothing.
  if (!gpu.used) return keep({});

  const exact = { NVIDIA_TF32_OVERRIDE: '0' };
  const [resnet20, , resnet18] = MODELS;
  const quick = { ...resnet20, batch: 64, seconds: 1 };
  const onGpu = await run(quick, exact);
  const onCpu = await run(quick, { CUDA_VISIBLE_DEVICES: '-1' });
  check('captured steps run on the GPU', onGpu.usesGpu && !onCpu.usesGpu, onGpu.reason);
  const differences = onGpu.losses.map((loss, step) => Math.abs(loss - onCpu.losses[step]) / onCpu.losses[step]);
  check(
    'the losses are the processor’s',
    differences[0] <= FIRST_LOSS_TOLERANCE && differences.at(-1) <= LAST_LOSS_TOLERANCE,
    `relative differences ${differences.map((each) => each.toExponential(1)).join(', ')}`,
  );
  const used = onGpu.gpuBytes / gpu.memoryBytes;
  check('a trainer takes the memory that it needs', used < MOST_MEMORY, `${Math.round(100 * used)} % of the card`);
  const fixed = [];
  for (let time = 0; time < 2; time++) fixed.push(await run(quick, { TF_DETERMINISTIC_OPS: '1' }));
  check(
    'with TF_DETERMINISTIC_OPS=1 two runs are equal bit for bit',
    fixed[0].state === fixed[1].state,
    fixed[0].state,
  );

  const rows = [];
  for (const model of MODELS) {
    for (const precision of ['float32', 'bfloat16']) {
      const { imagesPerSecond, firstStepMs, gpuBytes } = await run({ ...model, precision, seconds });
      rows.push({
        model: model.model,
        size: model.size,
        batch: model.batch,
        precision,
        imagesPerSecond,
        firstStepMs,
        gpuBytes,
      });
    }
  }
  console.table(rows);
  const cpu = await run({ ...resnet18, batch: 16, seconds }, { CUDA_VISIBLE_DEVICES: '-1' });
  const gain = rows.find(({ model }) => model === 'resnet18').imagesPerSecond / cpu.imagesPerSecond;
  check('the GPU is faster than the processor', gain >= LEAST_GAIN, `${gain.toFixed(1)} × for ResNet-18`);
  const pair = await Promise.all([run({ ...resnet20, seconds }), run({ ...resnet20, seconds })]);
  const together = pair.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0);
  const alone = rows[0].imagesPerSecond;
  check('two trainers share the GPU', together > 0, `${Math.round(together)} images/s together, ${alone} alone`);

  return keep({ rows, cpu, together });
}

async function run(cell, env = {}) {
  const asked = { optimizer: SGD, precision: 'float32', comparedSteps: COMPARED_STEPS, ...cell };
  const program = path.join(import.meta.dirname, 'gpu', 'steps.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(asked)], {
    env: { ...process.env, ...env },
    maxBuffer: 1e8,
  });
  return JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{')));
}
