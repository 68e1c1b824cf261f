// Memory over many captured steps of a small network: tensors and resident bytes, which should both stay flat.
//   npm run bench:memory -- [--steps 10000] [--batch 32] [--threads N] [--json FILE] [--svg FILE]
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { loadEngine } from '#engine';
import { captureTraining, labelsFrom } from './captured-training.js';
import { plotMemory } from './memory-plot.js';
import { summariseMemory } from './memory-summary.js';
import { residentBytes } from './meter.js';
import { createNetwork } from './networks.js';

const SAMPLES = 200;

const { values: asked } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    json: { type: 'string' },
    svg: { type: 'string' },
  },
});
const steps = Number(asked.steps);

const engine = await loadEngine({ backend: 'tensorflow', threads: Number(asked.threads) });
const { tf } = engine;
const row = {
  model: 'small_cnn',
  batch: Number(asked.batch),
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
const result = { model: row.model, batch: row.batch, steps, threads: engine.threads, summary, samples };
if (asked.json) await writeFile(asked.json, `${JSON.stringify(result, undefined, 2)}\n`);
if (asked.svg) await writeFile(asked.svg, plotMemory(samples, title));
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
