import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Engine, Tensor, Variable } from '../engine.js';
import { createProgram } from '../capture/create-program.js';
import { loadEngine } from '../load/load-engine.js';

/*
 * A program of its own: loads the engine, measures it for about a second, and writes a Speed as JSON to its output.
 */

/** What an engine reaches on this machine. */
export interface Speed {
  backend: string;
  /** The engine's own line about itself. */
  reason: string;
  threads: number;
  /** Of a product of two square matrices, float32, 10⁹ operations a second. */
  matmulGflops: number;
  /** Of a training step of a small convolutional network (32 × 32 pixels, batch 64). */
  imagesPerSecond: number;
  /** Capturing that step and running it for the first time. */
  firstStepMs: number;
}

const MEASURE_MS = 500;
const BATCH = 64;

const engine = await loadEngine();
const { backend, reason, threads } = engine;
const matmulGflops = measureMatmul(engine);
const speed: Speed = { backend, reason, threads, matmulGflops, ...measureTraining(engine) };
process.stdout.write(`${JSON.stringify(speed)}\n`);

function measureMatmul({ tf, backend, reason }: Engine): number {
  // Large enough that starting the operation does not count.
  const size = backend !== 'tensorflow' ? 256 : reason.includes('the GPU') ? 4096 : 1024;
  const matrix = tf.ones([size, size]);
  const one = (product: Tensor) => product.slice([0, 0], [1, 1]).dataSync();
  const seconds = best(() => tf.tidy(() => one(tf.matMul(matrix, matrix))));
  matrix.dispose();
  return (2 * size ** 3) / seconds / 1e9;
}

function measureTraining(engine: Engine): Pick<Speed, 'imagesPerSecond' | 'firstStepMs'> {
  const { tf, kernels } = engine;
  const startedAt = performance.now();
  const variable = (shape: number[], seed: number) => tf.variable(tf.randomNormal(shape, 0, 0.05, 'float32', seed));
  const state: Record<string, Variable> = {
    first: variable([3, 3, 3, 32], 1),
    second: variable([3, 3, 32, 64], 2),
    third: variable([3, 3, 64, 128], 3),
    dense: variable([128, 10], 4),
  };
  const gammas = [32, 64, 128].map((channels) => tf.ones([channels]));
  const betas = [32, 64, 128].map((channels) => tf.zeros([channels]));
  const layer = (x: Tensor, filter: Variable, strides: number, index: number) => {
    const convolved = tf.conv2d(x as Tensor4D, filter as unknown as Tensor4D, strides, 'same');
    return tf.relu(kernels.batchNormTraining(convolved, gammas[index]!, betas[index]!, 1e-5).y);
  };
  const lossOf = (images: Tensor, targets: Tensor) => {
    const features = layer(layer(layer(images, state.first, 1, 0), state.second, 2, 1), state.third, 2, 2);
    const logits = tf.matMul(features.mean([1, 2]), state.dense as Tensor) as Tensor2D;
    return kernels.softmaxCrossEntropy(logits, targets as Tensor2D).mean();
  };
  const program = createProgram(engine, {
    state,
    functions: {
      step: {
        inputs: { images: { shape: [BATCH, 32, 32, 3] }, targets: { shape: [BATCH, 10] } },
        run: ({ images, targets }) => {
          const { value, grads } = tf.variableGrads(() => lossOf(images, targets).asScalar(), Object.values(state));
          for (const weight of Object.values(state)) weight.assign(weight.sub(grads[weight.name]!.mul(0.01)));
          return { loss: value };
        },
      },
    },
  });
  const inputs = {
    images: tf.randomUniform([BATCH, 32, 32, 3], -1, 1, 'float32', 5),
    targets: tf.fill([BATCH, 10], 0.1),
  };
  const step = () => tf.tidy(() => program.call('step', inputs).loss.dataSync());
  step();
  const firstStepMs = Math.round(performance.now() - startedAt);
  const imagesPerSecond = BATCH / best(step);
  program.dispose();
  return { imagesPerSecond, firstStepMs };
}

/** Seconds of the quickest of the calls that fit into half a second: what the machine can do when it is left alone. */
function best(call: () => unknown): number {
  call();
  let quickest = Infinity;
  const end = performance.now() + MEASURE_MS;
  do {
    const before = performance.now();
    call();
    quickest = Math.min(quickest, performance.now() - before);
  } while (performance.now() < end);
  return quickest / 1000;
}
