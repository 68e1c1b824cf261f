// Images per second of the engine's backends on this machine, in one table: training of the small models, and the
// forward pass of a frozen backbone.
//   npm run bench:backends -- --help
// Every cell is a process of its own; the backends take turns in each round, and the best round counts.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { Option } from 'commander';
import { createOptimizer, createProgram, loadEngine } from '#engine';
import { createModel } from '#models';
import { benchCommand, count, positive, PROCESSORS } from './command-line.js';

const ROWS = [
  { model: 'small_cnn', mode: 'train', size: 32, batch: 64 },
  { model: 'resnet20', mode: 'train', size: 32, batch: 64 },
  { model: 'mobilenet_v2', variant: 'coco', mode: 'train', size: 96, batch: 32 },
  { model: 'mobilenet_v2', variant: 'coco', mode: 'inference', size: 96, batch: 32 },
];
const BACKENDS = ['tensorflow', 'wasm'];
const CLASSES = 10;

const options = benchCommand('npm run bench:backends --', "Images per second of the engine's backends on this machine.")
  .option('--seconds <number>', 'of each cell', positive, 5)
  .option('--threads <number>', 'of the engine', count, PROCESSORS)
  .option('--rounds <number>', 'how often each backend takes its turn; the best counts', count, 2)
  .option('--json <file>', 'keep all figures')
  .addOption(new Option('--cell <json>', 'measure this alone').hideHelp())
  .parse()
  .opts();

if (options.cell) process.stdout.write(JSON.stringify(await measure(JSON.parse(options.cell))));
else compare();

function compare() {
  const cells = ROWS.flatMap((row) => BACKENDS.map((backend) => ({ ...row, backend, best: undefined })));
  for (let round = 0; round < options.rounds; round++) {
    for (const cell of cells) {
      const { best, ...asked } = cell;
      const { seconds, threads } = options;
      const args = ['--cell', JSON.stringify(asked), '--seconds', `${seconds}`, '--threads', `${threads}`];
      const measured = JSON.parse(execFileSync(process.execPath, [import.meta.filename, ...args]).toString());
      if (!(measured.imagesPerSecond < best?.imagesPerSecond)) cell.best = measured;
    }
  }
  const rows = cells.map(({ best, ...cell }) => ({ ...cell, ...best }));
  console.log(`${os.cpus()[0].model.trim()}, ${options.threads} thread(s), Node ${process.version}`);
  console.table(
    rows.map(({ model, mode, size, batch, backend, imagesPerSecond, firstStepMs }) => {
      return { model, mode, size, batch, backend, 'images/s': imagesPerSecond, 'first step, ms': firstStepMs };
    }),
  );
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}

/** Steps for the given time after a warm-up; the median step counts. */
async function measure({ model: name, variant, mode, size, batch, backend }) {
  const engine = await loadEngine({ backend, threads: options.threads });
  const { tf } = engine;
  const startedAt = performance.now();
  const program = createStep(engine, { name, variant, mode, size, batch });
  const inputs = {
    images: tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', 1),
    targets: tf.tidy(() => tf.softmax(tf.randomUniform([batch, CLASSES], 0, 5, 'float32', 2))),
    learningRate: tf.scalar(0.01),
  };
  const step = () => tf.tidy(() => program.call('step', inputs).result.dataSync());
  step();
  const firstStepMs = Math.round(performance.now() - startedAt);
  step();
  const times = [];
  const end = performance.now() + 1000 * options.seconds;
  do {
    const before = performance.now();
    step();
    times.push(performance.now() - before);
  } while (performance.now() < end);
  const median = times.sort((a, b) => a - b)[times.length >> 1];
  return { imagesPerSecond: Math.round((10_000 * batch) / median) / 10, firstStepMs };
}

function createStep(engine, { name, variant, mode, size, batch }) {
  const { tf, kernels } = engine;
  const model = createModel(engine, name, { classes: CLASSES, seed: 1, variant });
  const optimizer = createOptimizer(engine, model.parameters, { kind: 'sgd', momentum: 0.9, nesterov: true });
  const train = ({ images, targets, learningRate }) => {
    const { value, grads } = tf.variableGrads(
      () => kernels.softmaxCrossEntropy(model.forward(images, mode).logits, targets).mean(),
      Object.values(model.parameters),
    );
    const named = Object.entries(model.parameters).map(([key, variable]) => [key, grads[variable.name]]);
    optimizer.apply(Object.fromEntries(named), learningRate);
    return { result: value };
  };
  return createProgram(engine, {
    state: { ...model.parameters, ...model.statistics, ...optimizer.slots },
    functions: {
      step: {
        inputs: {
          images: { shape: [batch, size, size, 3] },
          targets: { shape: [batch, CLASSES] },
          learningRate: { shape: [] },
        },
        run: mode === 'inference' ? ({ images }) => ({ result: model.forward(images, mode).features }) : train,
      },
    },
  });
}
