import type { OpAttribute } from '../load/tensorflow-backend.js';
import { DATA_TYPES } from './graph.js';

/** What is known of a tensor without its values. */
export interface TensorFacts {
  shape: readonly number[];
  dtype: number;
}

export interface OpCall {
  op: string;
  attributes: readonly OpAttribute[];
  inputs: readonly TensorFacts[];
  /** Values of an input that is a constant. */
  valueOf(input: number): readonly number[];
}

type OutputShapes = (call: OpCall) => TensorFacts[];

/**
 * Shapes and types of an op's outputs, for the ops that image networks are made of: their results need not be computed
 * to know what would be. `undefined` for every other op, which is then executed.
 */
export function outputShapes(call: OpCall): TensorFacts[] | undefined {
  return RULES[call.op]?.(call);
}

const likeInput =
  (input: number): OutputShapes =>
  ({ inputs }) => [inputs[input]!];

const broadcast: OutputShapes = ({ inputs }) => [{ shape: broadcastShape(inputs), dtype: inputs.at(-1)!.dtype }];
const comparison: OutputShapes = ({ inputs }) => [{ shape: broadcastShape(inputs), dtype: DATA_TYPES.bool }];

/** The shape that a constant input spells out. */
const shapeFrom =
  (input: number, typeOf: number): OutputShapes =>
  (call) => [{ shape: [...call.valueOf(input)], dtype: call.inputs[typeOf]!.dtype }];

const convolution =
  (channelsOf: (filter: readonly number[]) => number): OutputShapes =>
  (call) => {
    const [image, filter] = [call.inputs[0]!.shape, call.inputs[1]!.shape];
    const dilations = numbers(call, 'dilations') ?? [1, 1, 1, 1];
    const spatial = slide(call, image, [(filter[0]! - 1) * dilations[1]! + 1, (filter[1]! - 1) * dilations[2]! + 1]);
    return [{ shape: [image[0]!, ...spatial, channelsOf(filter)], dtype: call.inputs[0]!.dtype }];
  };

const pooling: OutputShapes = (call) => {
  const image = call.inputs[0]!.shape;
  const window = numbers(call, 'ksize')!;
  const spatial = slide(call, image, [window[1]!, window[2]!]);
  return [{ shape: [image[0]!, ...spatial, image[3]!], dtype: call.inputs[0]!.dtype }];
};

const reduction: OutputShapes = (call) => {
  const { shape, dtype } = call.inputs[0]!;
  const axes = new Set(call.valueOf(1).map((axis) => (axis < 0 ? axis + shape.length : axis)));
  const kept = attribute(call, 'keep_dims') === true;
  return [{ shape: shape.flatMap((size, i) => (!axes.has(i) ? [size] : kept ? [1] : [])), dtype }];
};

const RULES: Readonly<Record<string, OutputShapes>> = {
  Conv2D: convolution((filter) => filter[3]!),
  Conv2DBackpropInput: shapeFrom(0, 1),
  Conv2DBackpropFilter: shapeFrom(1, 0),
  DepthwiseConv2dNative: convolution((filter) => filter[2]! * filter[3]!),
  DepthwiseConv2dNativeBackpropInput: shapeFrom(0, 1),
  DepthwiseConv2dNativeBackpropFilter: shapeFrom(1, 0),
  MaxPool: pooling,
  MaxPoolGrad: likeInput(0),
  AvgPool: pooling,
  AvgPoolGrad: shapeFrom(0, 1),
  FusedBatchNormV3: ({ inputs }) => {
    const [x, scale] = inputs as [TensorFacts, TensorFacts];
    return [x, scale, scale, scale, scale, { shape: [0], dtype: scale.dtype }];
  },
  FusedBatchNormGradV3: ({ inputs }) => {
    const none = { shape: [0], dtype: DATA_TYPES.float32 };
    return [inputs[1]!, inputs[2]!, inputs[2]!, none, none];
  },
  BiasAdd: likeInput(0),
  AddN: likeInput(0),
  ...each(['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'Softplus'], likeInput(0)),
  ...each(['Abs', 'Neg', 'Exp', 'Log', 'Sqrt', 'Rsqrt', 'Square', 'Reciprocal', 'Floor', 'Identity'], likeInput(0)),
  ...each(['ReluGrad', 'Relu6Grad', 'EluGrad'], likeInput(0)),
  ...each(['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'SelectV2'], broadcast),
  ...each(['Less', 'LessEqual', 'Greater', 'GreaterEqual', 'Equal', 'NotEqual'], comparison),
  Cast: (call) => [{ shape: call.inputs[0]!.shape, dtype: attribute(call, 'DstT') as number }],
  MatMul: (call) => {
    const [a, b] = [call.inputs[0]!.shape, call.inputs[1]!.shape];
    const rows = a[attribute(call, 'transpose_a') === true ? 1 : 0]!;
    const columns = b[attribute(call, 'transpose_b') === true ? 0 : 1]!;
    return [{ shape: [rows, columns], dtype: call.inputs[0]!.dtype }];
  },
  BatchMatMulV2: (call) => {
    const [a, b] = [call.inputs[0]!.shape, call.inputs[1]!.shape];
    const batch = broadcastShape(call.inputs.map(({ shape, dtype }) => ({ shape: shape.slice(0, -2), dtype })));
    const rows = a.at(attribute(call, 'adj_x') === true ? -1 : -2)!;
    const columns = b.at(attribute(call, 'adj_y') === true ? -2 : -1)!;
    return [{ shape: [...batch, rows, columns], dtype: call.inputs[0]!.dtype }];
  },
  ...each(['Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any'], reduction),
  BiasAddGrad: ({ inputs }) => [{ shape: inputs[0]!.shape.slice(-1), dtype: inputs[0]!.dtype }],
  SoftmaxCrossEntropyWithLogits: ({ inputs }) => {
    const logits = inputs[0]!;
    return [{ shape: logits.shape.slice(0, 1), dtype: logits.dtype }, logits];
  },
  Reshape: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const wanted = call.valueOf(1);
    const rest = sizeOf(shape) / sizeOf(wanted.filter((size) => size !== -1));
    return [{ shape: wanted.map((size) => (size === -1 ? rest : size)), dtype }];
  },
  GatherV2: (call) => {
    const [{ shape, dtype }, indices] = call.inputs as [TensorFacts, TensorFacts];
    const [given] = call.valueOf(2);
    const axis = given! < 0 ? given! + shape.length : given!;
    const own = indices.shape.slice((attribute(call, 'batch_dims') as number | undefined) ?? 0);
    return [{ shape: [...shape.slice(0, axis), ...own, ...shape.slice(axis + 1)], dtype }];
  },
  SplitV: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const [given] = call.valueOf(2);
    const axis = given! < 0 ? given! + shape.length : given!;
    const sizes = call.valueOf(1);
    const rest = shape[axis]! - sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
    return sizes.map((size) => ({ shape: shape.map((all, i) => (i !== axis ? all : size < 0 ? rest : size)), dtype }));
  },
  Pad: padded,
  PadV2: padded,
  Transpose: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    return [{ shape: call.valueOf(1).map((axis) => shape[axis]!), dtype }];
  },
  ConcatV2: (call) => {
    const tensors = call.inputs.slice(0, -1);
    const first = tensors[0]!;
    const [given] = call.valueOf(tensors.length);
    const axis = given! < 0 ? given! + first.shape.length : given!;
    const length = tensors.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return [{ shape: first.shape.map((size, i) => (i === axis ? length : size)), dtype: first.dtype }];
  },
  Slice: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const begin = call.valueOf(1);
    const size = call.valueOf(2);
    return [{ shape: shape.map((length, i) => (size[i] === -1 ? length - begin[i]! : size[i]!)), dtype }];
  },
  Tile: (call) => {
    const { shape, dtype } = call.inputs[0]!;
    const multiples = call.valueOf(1);
    return [{ shape: shape.map((size, i) => size * multiples[i]!), dtype }];
  },
  ResizeBilinear: (call) => {
    const { shape } = call.inputs[0]!;
    return [{ shape: [shape[0]!, ...call.valueOf(1), shape[3]!], dtype: DATA_TYPES.float32 }];
  },
  ResizeBilinearGrad: ({ inputs }) => [{ shape: inputs[1]!.shape, dtype: inputs[1]!.dtype }],
  CropAndResize: (call) => {
    const [image, boxes] = [call.inputs[0]!.shape, call.inputs[1]!.shape];
    return [{ shape: [boxes[0]!, ...call.valueOf(3), image[3]!], dtype: DATA_TYPES.float32 }];
  },
  StatelessRandomUniform: (call) => [{ shape: [...call.valueOf(0)], dtype: attribute(call, 'dtype') as number }],
};

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function padded(call: OpCall): TensorFacts[] {
  const { shape, dtype } = call.inputs[0]!;
  const amounts = call.valueOf(1);
  return [{ shape: shape.map((size, i) => size + amounts[2 * i]! + amounts[2 * i + 1]!), dtype }];
}

/** Places of a window over height and width. */
function slide(call: OpCall, image: readonly number[], window: readonly [number, number]): [number, number] {
  const strides = numbers(call, 'strides')!;
  const padding = attribute(call, 'padding');
  const explicit = numbers(call, 'explicit_paddings');
  const places = (axis: 1 | 2): number => {
    const [size, stride] = [image[axis]!, strides[axis]!];
    if (padding === 'SAME') return Math.ceil(size / stride);
    const around = padding === 'EXPLICIT' ? explicit![2 * axis]! + explicit![2 * axis + 1]! : 0;
    return Math.floor((size + around - window[axis - 1]!) / stride) + 1;
  };
  return [places(1), places(2)];
}

function attribute({ attributes }: OpCall, name: string): OpAttribute['value'] | undefined {
  return attributes.find((candidate) => candidate.name === name)?.value;
}

function numbers(call: OpCall, name: string): readonly number[] | undefined {
  return attribute(call, name) as readonly number[] | undefined;
}

function each(ops: readonly string[], rule: OutputShapes): Record<string, OutputShapes> {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

function broadcastShape(inputs: readonly TensorFacts[]): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    inputs.reduce((size, { shape }) => {
      const own = shape[i - rank + shape.length] ?? 1;
      return own === 1 ? size : own;
    }, 1),
  );
}
