// Memory over many captured steps of a small network: tensors and resident bytes, which should both stay flat.
//   npm run bench:memory -- --help
import { writeFile } from 'node:fs/promises';
import { loadEngine } from '#engine';
import { benchCommand, count, PROCESSORS } from '../command-line.js';
import { captureTraining, labelsFrom } from './captured-training.js';
import { plotMemory } from './memory-plot.js';
import { isFlat, MOST_GROWTH, summariseMemory } from './memory-summary.js';
import { residentBytes } from './meter.js';
import { createNetwork } from './networks.js';

const SAMPLES = 200;

const { steps, batch, threads, json, svg } = benchCommand('npm run bench:memory --', 'Memory over many captured steps.')
  .option('--steps <number>', 'of training', count, 10_000)
  .option('--batch <images>', 'of a step', count, 32)
  .option('--threads <number>', 'of the engine', count, PROCESSORS)
  .option('--json <file>', 'keep all figures')
  .option('--svg <file>', 'plot them')
  .parse()
  .opts();

const engine = await loadEngine({ backend: 'tensorflow', threads });
const { tf } = engine;
const row = {
  model: 'small_cnn',
  batch,
  size: 32,
  channels: 3,
  classes: 10,
  precision: 'float32',
  optimizer: { momentum: 0.9, nesterov: true, weight_decay: 0 },
};
const program = captureTraining(engine, createNetwork(engine, row), row);

const samples = [];
const every = Math.max(1, Math.floor(steps / SAMPLES));
for (let step = 1; step <= steps; step++) {
  takeStep(step);
  if (step % every !== 0) continue;
  samples.push({ step, residentBytes: residentBytes(), tensors: tf.memory().numTensors });
  // As a trainer does: the garbage collector and the timers have their turn.
  await new Promise((resolve) => setImmediate(resolve));
}
const summary = summariseMemory(samples);
const title = `${steps} captured steps of ${row.model}, batch ${row.batch}`;
process.stdout.write(
  `${title}: ${summary.tensorsAtStart} tensors at the first count, ${summary.tensorsAtEnd} at the last; resident ` +
    `memory ${megabytes(summary.residentBytesAtStart)} MB after warm-up, ${megabytes(summary.residentBytesAtEnd)} MB ` +
    `at the end (${(100 * summary.growth).toFixed(1)} %)\n`,
);
const flat = isFlat(summary);
process.stdout.write(`Flat, within ${100 * MOST_GROWTH} %: ${flat ? 'yes' : 'no'}\n`);
process.exitCode = flat ? 0 : 1;
const result = { model: row.model, batch: row.batch, steps, threads: engine.threads, summary, samples };
if (json) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);
if (svg) await writeFile(svg, plotMemory(samples, title));
program.dispose();

/** New inputs at each step, as a training has them. */
function takeStep(step) {
  const inputs = {
    images: tf.randomUniform([row.batch, row.size, row.size, row.channels], -1, 1, 'float32', step),
    labels: labelsFrom(tf, step, row),
    learningRate: tf.scalar(0.01),
  };
  const { loss } = program.call('train', inputs);
  loss.dataSync();
  tf.dispose([inputs, loss]);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}
