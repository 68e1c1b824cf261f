import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { createProgram } from './create-program.js';

const tensorflow = await testTensorflow();
let engine: Engine;
let tf: Engine['tf'];
beforeAll(async () => {
  engine = await loadEngine({ backend: 'tensorflow' });
  ({ tf } = engine);
});

/** What a model, a loss or a metric may be made of: image `[2, 6, 6, 4]`, matrix `[4, 4]`, row `[4]`, all positive. */
interface Operands {
  image: Tensor4D;
  matrix: Tensor2D;
  row: Tensor1D;
}
const filter = (multiplier: number) => tf.ones([3, 3, 4, multiplier]) as Tensor4D;
const differentiable: Record<string, (operands: Operands) => Tensor> = {
  abs: ({ image }) => image.sub(0.5).abs(),
  addN: ({ row }) => tf.addN([row, row, row]),
  avgPool: ({ image }) => tf.avgPool(image, 2, 2, 'same'),
  batchNorm: ({ image, row }) => tf.batchNorm(image, row, row.add(1), row, row, 1e-3),
  broadcastTo: ({ row }) => row.broadcastTo([3, 4]),
  clipByValue: ({ image }) => image.clipByValue(0.2, 0.8),
  concat: ({ image }) => tf.concat([image, image], 3),
  conv2d: ({ image }) => tf.conv2d(image, filter(2), 2, 'same'),
  cumsum: ({ matrix }) => matrix.cumsum(1),
  depthwiseConv2d: ({ image }) => tf.depthwiseConv2d(image, filter(1), 1, 'same'),
  div: ({ matrix, row }) => matrix.div(row),
  dot: ({ row }) => row.dot(row),
  elu: ({ image }) => image.sub(0.5).elu(),
  exp: ({ image }) => image.exp(),
  expandDims: ({ row }) => row.expandDims(1).add(row.expandDims(0)),
  gather: ({ matrix }) => tf.gather(matrix, tf.tensor1d([0, 2, 2], 'int32')),
  leakyRelu: ({ image }) => image.sub(0.5).leakyRelu(0.1),
  log: ({ image }) => image.add(1).log(),
  log1p: ({ image }) => image.log1p(),
  logSoftmax: ({ matrix }) => tf.logSoftmax(matrix),
  logSumExp: ({ matrix }) => tf.logSumExp(matrix, 1),
  matMul: ({ matrix }) => tf.matMul(matrix, matrix, true, false),
  max: ({ matrix }) => matrix.max(1),
  maxPool: ({ image }) => tf.maxPool(image, 3, 2, 'valid'),
  maximum: ({ matrix, row }) => tf.maximum(matrix, row.broadcastTo([4, 4])),
  mean: ({ image }) => image.mean([1, 2]),
  min: ({ matrix }) => matrix.min(0),
  mirrorPad: ({ image }) =>
    tf
      .mirrorPad(
        image,
        [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ],
        'reflect',
      )
      .mul(1),
  moments: ({ image }) => tf.moments(image, [0, 1, 2]).variance,
  norm: ({ matrix }) => matrix.norm(),
  pad: ({ image }) =>
    image.pad([
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]),
  pow: ({ matrix }) => matrix.pow(3),
  prelu: ({ matrix, row }) => matrix.sub(0.5).prelu(row),
  relu: ({ image }) => image.sub(0.5).relu(),
  relu6: ({ image }) => image.mul(10).relu6(),
  reshape: ({ image }) => image.reshape([2, 144]),
  resizeBilinear: ({ image }) => tf.image.resizeBilinear(image, [9, 5]),
  reverse: ({ image }) => image.reverse(2),
  rsqrt: ({ matrix }) => matrix.add(1).rsqrt(),
  sigmoid: ({ matrix }) => matrix.sigmoid(),
  slice: ({ image }) => image.slice([0, 1, 2, 0], [2, 3, 3, 4]),
  softmax: ({ matrix }) => matrix.softmax(),
  softplus: ({ matrix }) => matrix.softplus(),
  split: ({ image }) => tf.split(image, 2, 3)[1]!,
  sqrt: ({ matrix }) => matrix.add(1).sqrt(),
  square: ({ matrix }) => matrix.square(),
  squaredDifference: ({ matrix, row }) => tf.squaredDifference(matrix, row.broadcastTo([4, 4])),
  squeeze: ({ row }) => row.reshape([1, 4, 1]).squeeze([0, 2]),
  stack: ({ row }) => tf.stack([row, row], 1),
  sum: ({ image }) => image.sum(3, true),
  tanh: ({ matrix }) => matrix.tanh(),
  tile: ({ matrix }) => matrix.tile([2, 1]),
  transpose: ({ image }) => image.reshape([2, 6, 6, 2, 2]).transpose([0, 1, 2, 4, 3]),
  unstack: ({ matrix }) => tf.unstack(matrix)[2]!,
  where: ({ matrix }) => tf.where(matrix.greaterEqual(0.5), matrix, matrix.mul(2)),
};
const others: Record<string, (operands: Operands) => Tensor> = {
  argMax: ({ matrix }) => matrix.argMax(1),
  argMin: ({ matrix }) => matrix.argMin(1),
  cast: ({ matrix }) => matrix.mul(10).toInt().toFloat(),
  confusionMatrix: ({ matrix }) =>
    tf.math.confusionMatrix(matrix.argMax(1) as Tensor1D, matrix.argMin(1) as Tensor1D, 4),
  equal: ({ matrix }) => matrix.equal(matrix.max(1, true)).toFloat().sum(),
  floor: ({ matrix }) => matrix.mul(10).floor(),
  fusedConv2d: ({ image, row }) =>
    tf.fused.conv2d({ x: image, filter: filter(4), strides: 1, pad: 'same', bias: row, activation: 'relu6' }),
  inTopK: ({ matrix }) => tf.topk(matrix, 2).indices.equal(matrix.argMax(1).expandDims(1)).any(1).toFloat(),
  logical: ({ matrix }) => matrix.greater(0.2).logicalAnd(matrix.less(0.8).logicalNot()).logicalOr(matrix.less(0.1)),
  oneHot: ({ matrix }) => tf.oneHot(matrix.argMax(1).toInt(), 5),
  range: ({ row }) => tf.range(0, 4).add(row),
  rot90: ({ image }) => tf.image.flipLeftRight(image),
  sign: ({ matrix }) => matrix.sub(0.5).sign(),
  stridedSlice: ({ image }) => tf.stridedSlice(image, [0, 0, 0, 0], [2, 6, 6, 4], [1, 2, 2, 1]),
  topk: ({ matrix }) => tf.topk(matrix, 2).values,
};

function expectCapturedLikeEager(run: (operands: Operands) => Tensor): void {
  const operands: Operands = {
    image: tf.randomUniform([2, 6, 6, 4], 0.01, 0.99, 'float32', 1),
    matrix: tf.randomUniform([4, 4], 0.01, 0.99, 'float32', 2),
    row: tf.randomUniform([4], 0.01, 0.99, 'float32', 3),
  };
  const program = createProgram(engine, {
    state: {},
    functions: {
      op: {
        inputs: { image: { shape: [2, 6, 6, 4] }, matrix: { shape: [4, 4] }, row: { shape: [4] } },
        run: (inputs) => ({ result: run(inputs as unknown as Operands) }),
      },
    },
  });
  const { result } = program.call('op', operands as unknown as Record<string, Tensor>);
  const expected = run(operands);
  expect(result!.shape).toEqual(expected.shape);
  expect(result!.dtype).toBe(expected.dtype);
  const values = expected.dataSync();
  result!.dataSync().forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 5));
  program.dispose();
}

describe.skipIf(tensorflow === undefined)('a captured op gives what the eager one gives', () => {
  it.each(Object.keys({ ...differentiable, ...others }))('%s', (name) => {
    expectCapturedLikeEager((differentiable[name] ?? others[name])!);
  });
});

describe.skipIf(tensorflow === undefined)('a captured gradient gives what the eager one gives', () => {
  it.each(Object.keys(differentiable))('%s', (name) => {
    const run = differentiable[name]!;
    for (const operand of ['image', 'matrix', 'row'] as const) {
      const uses = new RegExp(`\\b${operand}\\b`).test(run.toString().split('=>')[0]!);
      if (!uses) continue;
      expectCapturedLikeEager((operands) =>
        tf.grad((x) =>
          run({ ...operands, [operand]: x })
            .square()
            .sum(),
        )(operands[operand] as Tensor),
      );
    }
  });
});
