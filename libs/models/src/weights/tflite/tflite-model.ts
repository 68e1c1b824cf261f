import { UserError } from '#contracts';
import type { Weight } from '../torch-layout.js';
import { FlatTable } from './flatbuffer.js';

/** A network of TensorFlow Lite: its operators in the order in which they run, and the tensors between them. */
export interface TfliteModel {
  /** Inputs and outputs are tensors by number; an input that is left out is −1. */
  operators: readonly { code: number; inputs: readonly number[]; outputs: readonly number[] }[];
  tensors: readonly TfliteTensor[];
}

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Real number = scale · (stored number − zeroPoint); a scale of 0 where it is not quantised. */
  readonly scale: number;
  readonly zeroPoint: number;
  /** Its numbers are in the file. Tensors may share them: converters write equal constants once. */
  readonly isConstant: boolean;
  /** Bytes that `read` takes; 0 where it refuses the type. */
  readonly decodedBytes: number;
  /** The real numbers of a constant. @throws UserError where it is none, or of a type that cannot be read */
  read(): Weight;
}

/** Numbers of the operators that matter here (`BuiltinOperator` of schema.fbs). */
export const CONV_2D = 3;

/** `TensorType` of schema.fbs. */
const TYPES: Readonly<Record<number, { bytes: number; read(view: DataView, at: number): number }>> = {
  0: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  3: { bytes: 1, read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, read: (view, at) => view.getInt8(at) },
};
const MAX_TENSORS = 10_000;
const MAX_OPERATORS = 10_000;
const MAX_AXES = 8;

/**
 * Reads a `.tflite` file (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs):
 * the first graph of it. Trusts no offset and no size; no numbers are read before a tensor's `read`.
 * @throws UserError where it is not such a file, or is broken
 */
export function parseTflite(bytes: Uint8Array, file: string): TfliteModel {
  const refuse = refusalOf(file);
  if (bytes.length < 8 || Buffer.from(bytes.subarray(4, 8)).toString('latin1') !== 'TFL3') return refuse('it is none');
  try {
    const model = FlatTable.root(bytes, refuse);
    const graph = model.tableAt(2, 'its graphs', 0);
    if (graph === undefined) return refuse('it holds no graph');
    const tensors = graph
      .tables(0, 'its tensors', MAX_TENSORS)
      .map((tensor, index) => tensorOf(tensor, `tensor ${index}`, model, refuse));
    const operators = graph
      .tables(3, 'its operators', MAX_OPERATORS)
      .map((operator, index) => operatorOf(operator, `operator ${index}`, model, tensors.length, refuse));
    return { operators, tensors };
  } catch (cause) {
    if (cause instanceof RangeError) return refuse('it is broken', cause);
    throw cause;
  }
}

/** Says what is wrong with a file, and what to do. */
export function refusalOf(file: string): (reason: string, cause?: unknown) => never {
  return (reason, cause) => {
    throw new UserError(`${file} is not a usable TensorFlow Lite model: ${reason}`, {
      remedy: 'Convert the network once more, or give its weights as safetensors or .pth.',
      cause,
    });
  };
}

function operatorOf(
  table: FlatTable,
  name: string,
  model: FlatTable,
  tensors: number,
  refuse: (reason: string) => never,
): TfliteModel['operators'][number] {
  const code = model.tableAt(1, 'its operator codes', table.uint32(0)) ?? refuse(`${name} has no code`);
  const inputs = table.int32s(1, `the inputs of ${name}`, MAX_TENSORS);
  const outputs = table.int32s(2, `the outputs of ${name}`, MAX_TENSORS);
  const unknown = [...inputs, ...outputs].find((index) => index < -1 || index >= tensors);
  if (unknown !== undefined) return refuse(`${name} names the tensor ${unknown} of ${tensors}`);
  return { code: Math.max(code.int8(0), code.int32(3)), inputs, outputs };
}

function tensorOf(table: FlatTable, number: string, model: FlatTable, refuse: (reason: string) => never): TfliteTensor {
  const name = table.text(3, `the name of ${number}`);
  const shape = table.int32s(0, `the shape of ${number}`, MAX_AXES);
  const quantisation = table.table(4);
  const scales = `the scales of ${number}`;
  const scale = quantisation?.float32At(2, scales, 0) ?? 0;
  const zeroPoint = quantisation?.int64At(3, `the zero points of ${number}`, 0) ?? 0;
  const content =
    model.tableAt(4, 'its buffers', table.uint32(2))?.bytes(0, `the numbers of ${number}`) ?? new Uint8Array(0);
  const type = TYPES[table.int8(1)];
  return {
    name,
    shape,
    isConstant: content.length > 0,
    decodedBytes: type === undefined ? 0 : (content.length / type.bytes) * Float32Array.BYTES_PER_ELEMENT,
    scale,
    zeroPoint,
    read() {
      if (type === undefined) return refuse(`${name} is of a type that cannot be read`);
      if (quantisation?.float32At(2, scales, 1) !== undefined) {
        return refuse(`${name} has a scale for each channel, which cannot be read`);
      }
      const size = shape.reduce((product, length) => product * length, 1);
      if (shape.some((length) => length < 0) || size * type.bytes !== content.length) {
        return refuse(`${name} is [${shape}] but has ${content.length} bytes`);
      }
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
      const factor = scale === 0 ? 1 : scale;
      const values = new Float32Array(size);
      for (let index = 0; index < size; index++)
        values[index] = factor * (type.read(view, index * type.bytes) - zeroPoint);
      return { shape, values };
    },
  };
}
