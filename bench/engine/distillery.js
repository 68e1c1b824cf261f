// One measurement of our engine: a captured training step, a captured forward pass, or a matrix product.
import { createProgram, loadEngine } from '#engine';
import { captureTraining, labelsFrom } from './captured-training.js';
import { measure, peakBytes, residentBytes, say } from './meter.js';
import { createNetwork, parameterCount } from './networks.js';

const cell = JSON.parse(process.argv[2]);
const { mode, size, channels, batch, precision } = cell;
const engine = await loadEngine({ backend: 'tensorflow', threads: cell.threads });
const { tf } = engine;
const baseBytes = residentBytes();
const began = performance.now();
const { step, parameters } = { train: trainingStep, forward: forwardStep, matmul: matmulStep }[mode]();
const result = await measure(() => tf.dispose(step()), { ...cell, began });
const [last] = Object.values(step());
const lastValue = (await last.mean().data())[0];
say({ ...result, baseBytes, peakBytes: peakBytes(), parameters, lastValue });

function trainingStep() {
  const network = createNetwork(engine, cell);
  const program = captureTraining(engine, network, cell);
  const inputs = { images: images(), labels: labelsFrom(tf, 0, cell), learningRate: tf.scalar(cell.optimizer.lr) };
  return { step: () => program.call('train', inputs), parameters: parameterCount(network) };
}

function forwardStep() {
  const network = createNetwork(engine, cell);
  const program = createProgram(engine, {
    precision,
    state: {},
    constants: { ...network.parameters, ...network.statistics },
    functions: {
      forward: {
        inputs: { images: { shape: [batch, size, size, channels] } },
        run: ({ images }) => ({ logits: network.forward(images, 'inference') }),
      },
    },
  });
  const inputs = { images: images() };
  return { step: () => program.call('forward', inputs), parameters: parameterCount(network) };
}

function matmulStep() {
  const [left, right] = [1, 2].map((seed) => tf.randomUniform([size, size], 0, 1, 'float32', seed));
  return { step: () => ({ product: tf.matMul(left, right) }), parameters: 0 };
}

function images() {
  return tf.randomUniform([batch, size, size, channels], -1, 1, 'float32', 1);
}
