import type { DataType } from '@tensorflow/tfjs';
import { createProgram, type Engine, type InputSignature, type Tensor } from '#engine';
import type { OpAttribute, TensorflowBackend } from '../../libs/engine/src/load/tensorflow-backend.js';
import { nodesGivenBy } from './captured-nodes.js';

type Values = Float32Array | Int32Array | Uint8Array;

interface Data {
  shape: readonly number[];
  dtype: DataType;
  values: Values;
}

/** One execution of a TensorFlow op. */
export interface ExecutedOp {
  op: string;
  attributes: OpAttribute[];
  inputs: Data[];
  outputs: Data[];
}

/** Numbers of an input, above which an execution is not kept; each op must also be met with fewer. */
const LARGEST_INPUT = 2 ** 14;

export interface OpWatch {
  /** What TensorFlow executed: one execution for the same op, shapes and attributes. */
  readonly executed: readonly ExecutedOp[];
  /** Ops that were executed with larger inputs only. */
  notKept(): string[];
  stop(): void;
}

/** From now on writes down each op that TensorFlow executes eagerly, with its inputs and outputs. */
export function watchOps({ tf }: Engine): OpWatch {
  const backend = tf.backend() as unknown as TensorflowBackend & { readSync(dataId: object): Values };
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  const executed = new Map<string, ExecutedOp>();
  const ran = new Set<string>();
  const dataOf = ({ dataId, shape, dtype }: Tensor): Data => ({
    ...{ shape, dtype },
    values: backend.readSync(dataId).slice(),
  });

  const watched = (op: string, attributes: OpAttribute[], tensors: readonly Tensor[], execute: () => Tensor[]) => {
    ran.add(op);
    const key = [op, JSON.stringify(attributes), ...tensors.map(({ shape, dtype }) => `${dtype} [${shape}]`)].join(' ');
    if (executed.has(key) || tensors.some(({ shape }) => tf.util.sizeFromShape(shape) > LARGEST_INPUT))
      return execute();
    const inputs = tensors.map(dataOf);
    const outputs = execute();
    executed.set(key, { op, attributes, inputs, outputs: outputs.map(dataOf) });
    return outputs;
  };
  backend.executeSingleOutput = (op, attributes, inputs) =>
    watched(op, attributes, inputs, () => [executeSingleOutput.call(backend, op, attributes, inputs)])[0];
  backend.executeMultipleOutputs = (op, attributes, inputs, count) =>
    watched(op, attributes, inputs, () => executeMultipleOutputs.call(backend, op, attributes, inputs, count));

  return {
    get executed() {
      return [...executed.values()];
    },
    notKept() {
      const kept = new Set([...executed.values()].map(({ op }) => op));
      return [...ran].filter((op) => !kept.has(op));
    },
    stop() {
      Object.assign(backend, { executeSingleOutput, executeMultipleOutputs });
    },
  };
}

/**
 * Operands that say how an op computes (axes, sizes, paddings, and all that a range is made of), which a graph must have as
 * constants; a negative place counts from the end. Every other operand is data.
 */
const CONSTANT_OPERANDS: Readonly<Record<string, readonly number[]>> = {
  ...each(['AvgPoolGrad', 'Conv2DBackpropInput', 'DepthwiseConv2dNativeBackpropInput'], [0]),
  ...each(['Fill', 'StatelessRandomUniform'], [0]),
  ...each(['ArgMax', 'Cumsum', 'Max', 'Mean', 'Min', 'Sum'], [1]),
  ...each(['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'], [1]),
  ...each(['Bincount', 'ExpandDims', 'OneHot', 'PadV2', 'Reshape', 'ResizeBilinear', 'Tile'], [1]),
  ...each(['Slice', 'SplitV'], [1, 2]),
  ...each(['GatherV2'], [2]),
  ...each(['CropAndResize'], [3]),
  ...each(['ConcatV2'], [-1]),
  ...each(['Range'], [0, 1, 2]),
};

function each(ops: readonly string[], places: readonly number[]): Record<string, readonly number[]> {
  return Object.fromEntries(ops.map((op) => [op, places]));
}

/** For each operand, whether it is data. */
function dataOperands({ op, inputs }: ExecutedOp): boolean[] {
  const constant = (CONSTANT_OPERANDS[op] ?? []).map((place) => (place < 0 ? inputs.length + place : place));
  return inputs.map((_, place) => !constant.includes(place));
}

/**
 * Executes each op again, all of them in one captured function whose inputs are their data, and names those whose outputs'
 * bits are not the same. An op that the graph does not have was computed while it was captured, and compared with itself:
 * it is named too, unless none of its operands is data.
 */
export function differencesWhenCaptured(engine: Engine, executed: readonly ExecutedOp[]): string[] {
  const { tf } = engine;
  const backend = tf.backend() as unknown as TensorflowBackend;
  const constants: Record<string, Tensor> = {};
  const given: Record<string, Tensor> = {};
  for (const [at, execution] of executed.entries()) {
    dataOperands(execution).forEach((isData, i) => {
      const { values, shape, dtype } = execution.inputs[i];
      // An input cannot be boolean; it is made so inside.
      const [fed, type] = isData && dtype === 'bool' ? [Int32Array.from(values), 'int32'] : [values, dtype];
      (isData ? given : constants)[`${at}/${i}`] = tf.tensor(fed, [...shape], type as 'float32');
    });
  }
  const toBoolean: OpAttribute[] = [
    { name: 'SrcT', type: backend.binding.TF_ATTR_TYPE, value: backend.getDTypeInteger('int32') },
    { name: 'DstT', type: backend.binding.TF_ATTR_TYPE, value: backend.getDTypeInteger('bool') },
  ];
  const run = (inputs: Record<string, Tensor>): Record<string, Tensor> => {
    const operand = (name: string, { dtype }: Data) => {
      const input = inputs[name];
      return input && dtype === 'bool'
        ? backend.executeSingleOutput('Cast', toBoolean, [input])
        : (input ?? constants[name]);
    };
    const results = executed.flatMap(({ op, attributes, inputs: operands, outputs }, at) =>
      backend
        .executeMultipleOutputs(
          op,
          attributes,
          operands.map((data, i) => operand(`${at}/${i}`, data)),
          outputs.length,
        )
        .map((result, i) => [`${at}/${i}`, result] as const),
    );
    return Object.fromEntries(results);
  };
  const signatures = Object.entries(given).map(([name, { shape, dtype }]) => [name, { shape, dtype }]);
  const { result: program, nodes } = nodesGivenBy(engine, () =>
    createProgram(engine, {
      state: {},
      functions: { all: { inputs: Object.fromEntries(signatures) as Record<string, InputSignature>, run } },
    }),
  );
  const results = program.call('all', given);
  const names = Object.keys(results);
  /** By result, the op that gives it. */
  const sources = new Map(
    [...nodes].flatMap(([name, { inputs }]) => {
      const place = /_out(\d+)$/.exec(name)?.[1];
      return place === undefined ? [] : [[names[Number(place)], nodes.get(inputs[0].split(':')[0])?.op] as const];
    }),
  );
  const wrong = executed.flatMap((execution, at) => {
    const { op, inputs, outputs } = execution;
    const call = `${op}(${inputs.map(({ shape, dtype }) => `${dtype} [${shape.join(', ')}]`).join(', ')})`;
    const captured = sources.get(`${at}/0`) === op || !dataOperands(execution).includes(true);
    const same = outputs.every(({ values }, i) => sameBits(results[`${at}/${i}`].dataSync() as Values, values));
    return [...(captured ? [] : [`${call} is not in the captured graph`]), ...(same ? [] : [call])];
  });
  program.dispose();
  tf.dispose([constants, given, results] as never);
  return wrong;
}

function sameBits(a: Values, b: Values): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Values) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}
