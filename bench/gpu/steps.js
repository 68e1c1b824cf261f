// Steps of a captured training on the device that the environment shows: losses, images per second, GPU memory.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { loadEngine } from '#engine';
import { captureTraining, labelsFrom } from '../engine/captured-training.js';
import { createNetwork } from '../engine/networks.js';

const cell = JSON.parse(process.argv[2]);
const { batch, size, channels, seconds, comparedSteps } = cell;
const engine = await loadEngine({ backend: 'tensorflow' });
const { tf } = engine;
const network = createNetwork(engine, cell);
const startedAt = performance.now();
const program = captureTraining(engine, network, cell);
const inputs = {
  images: tf.randomUniform([batch, size, size, channels], -1, 1, 'float32', 1),
  labels: labelsFrom(tf, 0, cell),
  learningRate: tf.scalar(cell.optimizer.lr),
};
const step = () => tf.tidy(() => program.call('train', inputs).loss.dataSync()[0]);

const losses = [step()];
const firstStepMs = Math.round(performance.now() - startedAt);
while (losses.length < comparedSteps) losses.push(step());
program.pull();
const state = createHash('sha256');
for (const variable of Object.values(network.parameters)) state.update(new Uint8Array(variable.dataSync().buffer));

const times = [];
const end = performance.now() + 1000 * seconds;
do {
  const before = performance.now();
  step();
  times.push(performance.now() - before);
} while (performance.now() < end);
const median = times.sort((a, b) => a - b)[times.length >> 1];
const result = {
  usesGpu: tf.backend().binding.isUsingGpuDevice(),
  reason: engine.reason,
  losses,
  state: state.digest('hex'),
  firstStepMs,
  imagesPerSecond: Math.round((10_000 * batch) / median) / 10,
  gpuBytes: gpuBytes(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** What is used of the GPUs' memory now, by this process and any other; undefined without nvidia-smi. */
function gpuBytes() {
  try {
    const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
    const used = execFileSync('nvidia-smi', query, { encoding: 'utf8' }).trim().split('\n').map(Number);
    return used.reduce((sum, mebibytes) => sum + mebibytes, 0) * 2 ** 20;
  } catch {
    return undefined;
  }
}
