import { createRequire } from 'node:module';
import type { Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { createProgram } from '../capture/create-program.js';
import { Graph, type GraphNode } from '../capture/graph.js';
import { OpRecorder } from '../capture/op-recorder.js';
import type { Engine, Tensor, Tf, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import type { Precision } from '../program.js';
import { passesFor } from './passes.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('graph passes', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });

  /** Numbers between -1 and 1 without pattern, the same at each call, made without tfjs's generator. */
  const noise = (shape: number[], seed: number): Tensor => {
    const size = shape.reduce((product, length) => product * length, 1);
    const fraction = (value: number) => value - Math.floor(value);
    const number = (i: number) => 2 * fraction(43_758.5453 * Math.sin((i + 1) * (12.9898 + seed))) - 1;
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => number(i)),
      shape,
    );
  };
  const image = () => noise([2, 9, 9, 8], 1) as Tensor4D;
  const filter = () => noise([3, 3, 8, 8], 2) as Tensor4D;
  const channels = (seed: number) => noise([8], seed).abs().add(0.5);
  const pad = (x: Tensor4D) =>
    tf.pad(x, [
      [0, 0],
      [1, 1],
      [2, 1],
      [0, 0],
    ]);
  const depthwise = (x: Tensor4D, stride: number) =>
    tf.depthwiseConv2d(x, noise([3, 3, 8, 1], 3) as Tensor4D, stride, stride === 1 ? 'same' : 'valid');
  const norm = (x: Tensor4D) =>
    engine.kernels.batchNormFrozen(x, channels(4), channels(5), channels(6), channels(7), 1e-3);

  /** What is left of a function of one image after the passes. */
  function opsAfterPasses(run: (x: Tensor4D) => Tensor, precision: Precision = 'float32', oneDnn = true): string[] {
    const { binding } = tf.backend() as unknown as TensorflowBackend;
    const graph = new Graph(binding);
    const recorder = new OpRecorder(tf, graph);
    tf.tidy(() => {
      const x = image();
      recorder.begin('f');
      recorder.bind(x, `${graph.node('Placeholder', [], [], 'x')}:0`);
      graph.node('Identity', [recorder.sourceOf(recorder.record(() => run(x)))], [], 'out');
    });
    const passed = passesFor({ precision, oneDnn }).reduce((before, pass) => pass(before), graph);
    const computing = ({ op }: GraphNode) => !['Placeholder', 'Const', 'Identity'].includes(op);
    return [...passed.nodes].filter(computing).map(({ op }) => op);
  }

  function relativeError(actual: Tensor, expected: Tensor): number {
    return tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(actual, expected))), tf.max(tf.abs(expected))).dataSync()[0]!);
  }

  function expectCloseToEager(run: (x: Tensor4D) => Tensor, precision: Precision, limit: number): number {
    const program = createProgram(engine, {
      state: {},
      precision,
      functions: { f: { inputs: { x: { shape: [2, 9, 9, 8] } }, run: ({ x }) => ({ y: run(x as Tensor4D) }) } },
    });
    const error = tf.tidy(() => {
      const x = image();
      return relativeError(program.call('f', { x }).y!, run(x));
    });
    expect(error).toBeLessThan(limit);
    program.dispose();
    return error;
  }

  const cases: [string, (x: Tensor4D) => Tensor, string[]][] = [
    ['padding and a strided convolution', (x) => tf.conv2d(pad(x), filter(), 2, 'valid'), ['Conv2D']],
    ['padding and a depthwise convolution', (x) => depthwise(pad(x), 2), ['DepthwiseConv2dNative']],
    [
      'batch norm and relu after a convolution',
      (x) => tf.relu(norm(tf.conv2d(x, filter(), 1, 'same'))),
      ['_MklNativeFusedConv2D'],
    ],
    [
      'batch norm and relu6 after a depthwise one',
      (x) => tf.relu6(norm(depthwise(x, 1))),
      ['_MklNativeFusedDepthwiseConv2dNative'],
    ],
    [
      'batch norm after a padded, strided one',
      (x) => norm(tf.conv2d(pad(x), filter(), 2, 'valid')),
      ['_MklNativeFusedConv2D'],
    ],
    [
      'batch norm after a padded depthwise one, which cannot be fused',
      (x) => norm(depthwise(pad(x), 2)),
      ['DepthwiseConv2dNative', 'Sub'],
    ],
    [
      'the end of a residual block',
      (x) => {
        const before = tf.relu(x);
        return tf.relu(tf.add(norm(tf.conv2d(before, filter(), 1, 'same')), before));
      },
      ['Relu', '_MklNativeFusedConv2D'],
    ],
  ];

  it.each(cases)('join %s, with the same numbers', (_, run, ops) => {
    expect(opsAfterPasses(run)).toEqual(ops);
    expectCloseToEager(run, 'float32', 1e-5);
  });

  it('join a bias and an activation with a padded depthwise convolution as far as TensorFlow can', () => {
    const bias = (x: Tensor4D) => tf.relu6(engine.kernels.biasAdd(depthwise(pad(x), 2), channels(8)));
    expect(opsAfterPasses(bias)).toEqual(['PadV2', '_MklNativeFusedDepthwiseConv2dNative']);
    expectCloseToEager(bias, 'float32', 1e-5);
    const sum = (x: Tensor4D) => tf.relu(tf.add(depthwise(pad(x), 2), channels(8)));
    expectCloseToEager(sum, 'float32', 1e-5);
    const activated = (x: Tensor4D) => tf.relu6(norm(depthwise(pad(x), 2)));
    expect(opsAfterPasses(activated)).toEqual(['DepthwiseConv2dNative', 'Sub', 'Relu6']);
    expectCloseToEager(activated, 'float32', 1e-5);
  });

  const kept: [string, (x: Tensor4D) => Tensor, string[]][] = [
    [
      'a padded image that is used for something else too',
      (x) => {
        const padded = pad(x);
        return tf.conv2d(padded, filter(), 2, 'valid').sum().add(padded.sum());
      },
      ['PadV2', 'Conv2D', 'Sum', 'Sum', 'Add'],
    ],
    [
      'padding with another number than zero',
      (x) =>
        tf.conv2d(
          tf.pad(
            x,
            [
              [0, 0],
              [1, 1],
              [1, 1],
              [0, 0],
            ],
            3,
          ),
          filter(),
          2,
          'valid',
        ),
      ['PadV2', 'Conv2D'],
    ],
    [
      'a convolution whose result is used twice',
      (x) => {
        const y = tf.conv2d(x, filter(), 1, 'same');
        return norm(y).sum().add(y.sum());
      },
      ['Conv2D', 'FusedBatchNormV3', 'Sum', 'Sum', 'Add'],
    ],
    [
      'a sum that broadcasts one of its sides',
      (x) => tf.add(norm(tf.conv2d(x, filter(), 1, 'same')), tf.relu(x.slice([0, 0, 0, 0], [2, 1, 1, 8]))),
      ['Slice', 'Relu', '_MklNativeFusedConv2D', 'Add'],
    ],
  ];

  it.each(kept)('leave %s as it is', (_, run, ops) => {
    expect(opsAfterPasses(run).sort()).toEqual(ops.sort());
    expectCloseToEager(run, 'float32', 1e-5);
  });

  it('fuse no convolution where oneDNN does not compute', () => {
    const run = (x: Tensor4D) => tf.relu(norm(tf.conv2d(x, filter(), 1, 'same')));
    expect(opsAfterPasses(run, 'float32', false)).toEqual(['Conv2D', 'BiasAdd', 'Relu']);
  });

  it('leave out what no output needs', () => {
    expect(opsAfterPasses((x) => (tf.exp(x), tf.relu(x)))).toEqual(['Relu']);
  });

  it('keep padding for a convolution whose gradient needs the padded image', () => {
    const run = (x: Tensor4D) => tf.grad((w) => tf.conv2d(pad(x), w as Tensor4D, 2, 'valid').sum())(filter());
    expect(opsAfterPasses(run)).toContain('PadV2');
    expectCloseToEager(run, 'float32', 1e-5);
  });

  describe('for bfloat16', () => {
    const run = (x: Tensor4D) => tf.relu(norm(tf.conv2d(x, filter(), 1, 'same')));

    it('multiply in bfloat16 and keep what is around it in float32', () => {
      expect(opsAfterPasses(run, 'bfloat16')).toEqual(['Cast', 'Cast', 'Conv2D', 'Cast', 'BiasAdd', 'Relu']);
    });

    it('leave depthwise convolutions in float32', () => {
      expect(opsAfterPasses((x) => depthwise(x, 1), 'bfloat16')).toEqual(['DepthwiseConv2dNative']);
    });

    it('cast a tensor once for all that multiply it', () => {
      const twice = (x: Tensor4D) => tf.add(tf.conv2d(x, filter(), 1, 'same'), tf.conv2d(x, filter(), 1, 'same'));
      // One image, two filters, two results.
      expect(opsAfterPasses(twice, 'bfloat16').filter((op) => op === 'Cast')).toHaveLength(5);
    });

    it('give the numbers of float32 within the eight bits that bfloat16 has', () => {
      // 2⁻⁸ is half a unit in the last place; an output sums 72 products of both signs.
      expect(expectCloseToEager(run, 'bfloat16', 2 ** -7)).toBeGreaterThan(0);
    });

    it('train as float32 does: the same falling losses within two hundredths', () => {
      const lossesIn = (precision: Precision): number[] => {
        const weights: Record<string, Variable> = {
          filter: tf.variable(noise([3, 3, 8, 8], 11)),
          head: tf.variable(noise([8, 3], 12)),
        };
        const train = ({ x, y }: Record<string, Tensor>) => {
          const { value, grads } = tf.variableGrads(() => {
            const features = tf.relu(tf.conv2d(x as Tensor4D, weights.filter as never, 1, 'same')).mean<never>([1, 2]);
            return engine.kernels.softmaxCrossEntropy(tf.matMul(features, weights.head as never), y as never).mean();
          });
          for (const weight of Object.values(weights)) {
            weight.assign(weight.sub(grads[weight.name]!) as never);
          }
          return { loss: value };
        };
        const inputs = { x: { shape: [6, 9, 9, 8] }, y: { shape: [6, 3] } };
        const program = createProgram(engine, {
          state: weights,
          precision,
          functions: { train: { inputs, run: train } },
        });
        const x = noise([6, 9, 9, 8], 13);
        const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3).toFloat();
        const losses = Array.from({ length: 60 }, () => program.call('train', { x, y }).loss!.dataSync()[0]!);
        program.dispose();
        return losses;
      };
      const [exact, mixed] = [lossesIn('float32'), lossesIn('bfloat16')];
      expect(exact.at(-1)!).toBeLessThan(exact[0]! / 2);
      mixed.forEach((loss, i) => expect(Math.abs(loss - exact[i]!)).toBeLessThan(0.02));
      expect(mixed).not.toEqual(exact);
    });
  });
});
