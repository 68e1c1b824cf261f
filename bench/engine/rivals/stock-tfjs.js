// One measurement of TensorFlow.js as it comes: eager ops, tfjs's own gradients, batch normalisation as tf.layers
// composes it, tf.train's optimizer. On the official tfjs-node where it could be installed, else on our binding.
import { createRequire } from 'node:module';
import { labelsFrom } from '../captured-training.js';
import { measure, peakBytes, residentBytes, say } from '../meter.js';
import { createNetwork, parameterCount } from '../networks.js';

const cell = JSON.parse(process.argv[2]);
const { mode, size, channels, batch, classes, optimizer: sgd, stock } = cell;
process.env.TF_NUM_INTRAOP_THREADS = process.env.TF_NUM_INTEROP_THREADS = String(cell.threads);
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
const tf = loadStock(stock);
await tf.ready();
const engine = { tf, backend: 'tensorflow', kernels: stockKernels() };
const baseBytes = residentBytes();
const began = performance.now();
const network = createNetwork(engine, cell);
const images = tf.randomUniform([batch, size, size, channels], -1, 1, 'float32', 1);
const step = mode === 'train' ? trainingStep() : () => network.forward(images, 'inference');
const result = await measure(() => tf.dispose(tf.tidy(step)), { ...cell, began });
const lastValue = (await tf.tidy(() => step().mean()).data())[0];
say({ ...result, baseBytes, peakBytes: peakBytes(), parameters: parameterCount(network), lastValue });

function trainingStep() {
  const optimizer = tf.train.momentum(sgd.lr, sgd.momentum, sgd.nesterov);
  const variables = Object.values(network.parameters);
  const labels = labelsFrom(tf, 0, cell);
  return () => {
    const { value, grads } = optimizer.computeGradients(
      () => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), network.forward(images, 'train')),
      variables,
    );
    for (const variable of variables) {
      grads[variable.name] = tf.add(grads[variable.name], tf.mul(variable, sgd.weight_decay));
    }
    optimizer.applyGradients(grads);
    return value;
  };
}

/** What the networks ask of an engine, out of tfjs-core's ops. */
function stockKernels() {
  return {
    // tf.layers' own way: normalizeBatchInTraining in its normalization.ts.
    batchNormTraining(x, gamma, beta, epsilon) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const y = tf.batchNorm(x, mean, variance, beta, gamma, epsilon);
      // The callers dispose of theirs, the gradient still needs its own.
      return { y, mean: mean.clone(), variance: variance.clone() };
    },
    batchNormFrozen: (x, gamma, beta, mean, variance, epsilon) => tf.batchNorm(x, mean, variance, beta, gamma, epsilon),
    biasAdd: (x, bias) => tf.add(x, bias),
    globalAveragePool: (x) => tf.mean(x, [1, 2]),
  };
}

/** @param stock `{ official: folder of the npm package }` or `{ binding: our file }` */
function loadStock({ official, binding }) {
  const require = createRequire(import.meta.url);
  // Gone from newer Nodes, and tfjs-node 4.22 calls them.
  const builtIn = require('node:util');
  builtIn.isNullOrUndefined ??= (value) => value === null || value === undefined;
  builtIn.isArray ??= Array.isArray;
  if (official) return require(official);
  const finder = require.resolve('@mapbox/node-pre-gyp', {
    paths: [require.resolve('@tensorflow/tfjs-node-gpu/package.json')],
  });
  require.cache[finder] = { exports: { find: () => binding } };
  return require('@tensorflow/tfjs-node-gpu');
}
