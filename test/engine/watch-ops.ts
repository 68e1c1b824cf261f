import type { DataType } from '@tensorflow/tfjs';
import { createProgram, type Engine, type Tensor } from '#engine';
import type { OpAttribute, TensorflowBackend } from '../../libs/engine/src/load/tensorflow-backend.js';

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

/** Executes each op again, all of them in one captured function, and names those whose outputs' bits are not the same. */
export function differencesWhenCaptured(engine: Engine, executed: readonly ExecutedOp[]): string[] {
  const { tf } = engine;
  const backend = tf.backend() as unknown as TensorflowBackend;
  const tensorOf = ({ values, shape, dtype }: Data) => tf.tensor(values, [...shape], dtype as 'float32');
  /** Whole numbers are shapes and axes for the most part, which a graph must have as constants; so is what a range spans. */
  const isInput = (op: string, { dtype }: Data) => dtype === 'float32' && op !== 'Range';
  const given: Record<string, Tensor> = {};
  const tensors = executed.map(({ op, inputs }, at) =>
    inputs.map((data, i) => {
      const tensor = tensorOf(data);
      if (isInput(op, data)) given[`${at}/${i}`] = tensor;
      return tensor;
    }),
  );
  const program = createProgram(engine, {
    state: {},
    functions: {
      all: {
        inputs: Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, { shape }])),
        run: (inputs) => {
          const results = executed.flatMap(({ op, attributes, outputs }, at) =>
            backend
              .executeMultipleOutputs(
                op,
                attributes,
                tensors[at].map((constant, i) => inputs[`${at}/${i}`] ?? constant),
                outputs.length,
              )
              .map((result, i) => [`${at}/${i}`, result] as const),
          );
          return Object.fromEntries(results);
        },
      },
    },
  });
  const results = program.call('all', given);
  const different = executed.filter(
    ({ outputs }, at) =>
      !outputs.every(({ values }, i) => sameBits(results[`${at}/${i}`].dataSync() as Values, values)),
  );
  program.dispose();
  tf.dispose([tensors, results] as never);
  return different.map(({ op, inputs }) => `${op}(${inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')})`);
}

function sameBits(a: Values, b: Values): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Values) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}
