import { createRequire } from 'node:module';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Engine, Tensor, Tf, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { createProgram } from './create-program.js';
import { DATA_TYPES, Graph } from './graph.js';
import { takeLargeConstants } from './large-constants.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('large constants', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });

  function graphOf(...constants: { size: number; dtype: number }[]): Graph {
    const graph = new Graph((tf.backend() as unknown as TensorflowBackend).binding);
    for (const { size, dtype } of constants) {
      const source = graph.constant({ shape: [size], dtype, content: new Uint8Array(size * 4).fill(1) });
      graph.node('Identity', [source], [graph.type('T', dtype)], `out${dtype}_${size}`);
    }
    return graph;
  }

  it('leave the graph, and are read from a variable by whoever used them', () => {
    const graph = graphOf({ size: 4096, dtype: DATA_TYPES.float32 });
    const [taken, ...others] = takeLargeConstants(graph);
    expect(others).toEqual([]);
    expect(taken!.value.content).toEqual(new Uint8Array(4096 * 4).fill(1));
    const user = graph.nodeOf('out1_4096')!;
    const stand = graph.nodeOf(user.inputs[0]!)!;
    expect(stand).toMatchObject({ op: 'Identity', inputs: [`${taken!.variable.read}:0`], value: undefined });
    expect(graph.nodeOf(stand.inputs[0]!)?.op).toBe('ReadVariableOp');
  });

  it('are not small ones, with which TensorFlow computes in advance, nor whole numbers', () => {
    const graph = graphOf({ size: 4095, dtype: DATA_TYPES.float32 }, { size: 5000, dtype: DATA_TYPES.int32 });
    const before = [...graph.nodes];
    expect(takeLargeConstants(graph)).toEqual([]);
    expect([...graph.nodes]).toEqual(before);
  });

  /** Numbers between -1 and 1. */
  const noise = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

  it('give a network the numbers that it computes eagerly, for every size that it meets', () => {
    const filter = tf.variable(noise([3, 3, 32, 64], 1));
    const narrow = tf.variable(noise([3, 3, 64, 1], 2));
    const head = tf.variable(noise([64, 100], 3));
    const channels = [4, 5, 6, 7].map((seed) => tf.variable(noise([64], seed).abs().add(0.5)));
    const [mean, variance, offset, scale] = channels as [Variable, Variable, Variable, Variable];
    const network = (x: Tensor) => {
      const wide = tf.conv2d(x as Tensor4D, filter as Tensor as Tensor4D, 1, 'same');
      const normed = tf.relu6(engine.kernels.batchNormFrozen(wide, mean, variance, offset, scale, 1e-3));
      const deep = tf.depthwiseConv2d(normed as Tensor4D, narrow as Tensor as Tensor4D, 1, 'same');
      return tf.matMul(tf.mean(deep, [1, 2]), head as Tensor as Tensor2D);
    };
    const program = createProgram(engine, {
      state: {},
      constants: { filter, narrow, head, mean, variance, offset, scale },
      functions: { f: { inputs: { x: { shape: [null, 9, 9, 32] } }, run: ({ x }) => ({ y: network(x!) }) } },
    });
    for (const batch of [1, 3, 1]) {
      tf.tidy(() => {
        const x = noise([batch, 9, 9, 32], 8 + batch);
        const expected = network(x);
        const error = tf.max(tf.abs(tf.sub(program.call('f', { x }).y!, expected))).dataSync()[0]!;
        expect(error / tf.max(tf.abs(expected)).dataSync()[0]!).toBeLessThan(1e-5);
      });
    }
    program.dispose();
    tf.dispose([filter, narrow, head, ...channels]);
  });

  it('must be there as long as the program meets new sizes', () => {
    const weight = tf.variable(noise([64, 100], 1));
    const program = createProgram(engine, {
      state: {},
      constants: { weight },
      functions: {
        f: {
          inputs: { x: { shape: [null, 64] } },
          run: ({ x }) => ({ y: tf.matMul(x as Tensor2D, weight as Tensor as Tensor2D) }),
        },
      },
    });
    const [one, two] = [tf.ones([1, 64]), tf.ones([2, 64])];
    program.call('f', { x: one }).y!.dispose();
    weight.dispose();
    expect(() => program.call('f', { x: two })).toThrow(
      '"weight" has been disposed of: the captured function "f" cannot be called for other sizes',
    );
    program.call('f', { x: one }).y!.dispose();
    program.dispose();
    tf.dispose([one, two]);
  });
});
