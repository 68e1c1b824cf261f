// Loads WebAssembly on the given number of threads in a process of its own, prints what it is and the bits that it
// computes, and then has nothing left to do; with `fail`, it ends with an error that nobody catches.
import { createHash } from 'node:crypto';
import { loadEngine } from '#engine';

const { threads, fail } = JSON.parse(process.argv[2]);
const engine = await loadEngine({ backend: 'wasm', threads });
const { tf } = engine;
const images = tf.randomNormal([8, 16, 16, 8], 0, 1, 'float32', 1);
const filters = tf.randomNormal([3, 3, 8, 24], 0, 1, 'float32', 2);
const gradients = tf.grads((x, filter) => tf.conv2d(x, filter, 2, 'same').square())([images, filters]);
const hash = createHash('sha256');
for (const gradient of gradients) hash.update(gradient.dataSync());
const { reason } = engine;
console.log(JSON.stringify({ reason, threads: engine.threads, bits: hash.digest('hex') }));
if (fail) Promise.reject(new Error('nobody catches this'));
