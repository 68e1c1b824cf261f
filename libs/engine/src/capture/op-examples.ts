import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../engine.js';

/** What a model, a loss or a metric may be made of: image `[2, 6, 6, 4]`, matrix `[4, 4]`, row `[4]`, all positive. */
export interface Operands {
  image: Tensor4D;
  matrix: Tensor2D;
  row: Tensor1D;
}

type OpExamples = Record<string, (operands: Operands) => Tensor>;

/** One use of each op: those with a gradient, and the others. For the specs of all backends. */
export function opExamples(tf: Tf): { differentiable: OpExamples; others: OpExamples } {
  const filter = (multiplier: number) => tf.ones([3, 3, 4, multiplier]) as Tensor4D;
  const differentiable: OpExamples = {
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
    gatherLastAxis: ({ image }) => tf.gather(image, tf.tensor2d([[3, 0, 0]], [1, 3], 'int32'), 3),
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
    minimum: ({ matrix, row }) => tf.minimum(matrix, row.broadcastTo([4, 4])),
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
    splitUnevenly: ({ image }) => tf.split(image, [1, -1], -1)[1]!,
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
  const others: OpExamples = {
    argMax: ({ matrix }) => matrix.argMax(1),
    argMin: ({ matrix }) => matrix.argMin(1),
    cast: ({ matrix }) => matrix.mul(10).toInt().toFloat(),
    confusionMatrix: ({ matrix }) =>
      tf.math.confusionMatrix(matrix.argMax(1) as Tensor1D, matrix.argMin(1) as Tensor1D, 4),
    cropAndResize: ({ image }) =>
      tf.image.cropAndResize(image, [[0.1, 0.2, 0.8, 0.9]] as never, tf.tensor1d([1], 'int32'), [4, 3]),
    equal: ({ matrix }) => matrix.equal(matrix.max(1, true)).toFloat().sum(),
    fill: ({ row }) => row.add(tf.fill([4], 0.5)),
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
  return { differentiable, others };
}

export function exampleOperands(tf: Tf): Operands {
  return {
    image: tf.randomUniform([2, 6, 6, 4], 0.01, 0.99, 'float32', 1),
    matrix: tf.randomUniform([4, 4], 0.01, 0.99, 'float32', 2),
    row: tf.randomUniform([4], 0.01, 0.99, 'float32', 3),
  };
}

/** The examples' gradients with respect to each operand that they use, by name. */
export function gradientExamples(tf: Tf): OpExamples {
  const gradients: OpExamples = {};
  for (const [name, run] of Object.entries(opExamples(tf).differentiable)) {
    for (const operand of ['image', 'matrix', 'row'] as const) {
      if (!new RegExp(`\\b${operand}\\b`).test(run.toString().split('=>')[0]!)) continue;
      gradients[`${name} by its ${operand}`] = (operands) =>
        tf.grad((x) =>
          run({ ...operands, [operand]: x })
            .square()
            .sum(),
        )(operands[operand] as Tensor);
    }
  }
  return gradients;
}
