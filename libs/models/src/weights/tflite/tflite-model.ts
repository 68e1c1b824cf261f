import { UserError } from '#contracts';
import type { Weight } from '../torch-layout.js';
import { FlatTable } from './flatbuffer.js';

/** A network of TensorFlow Lite: its operators in the order in which they run, and the tensors between them. */
export interface TfliteModel {
  operators: readonly { code: number; inputs: readonly number[]; outputs: readonly number[] }[];
  tensors: readonly TfliteTensor[];
}

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Real number = scale · (stored number − zeroPoint); a scale of 0 where it is not quantised. */
  readonly scale: number;
  readonly zeroPoint: number;
  /** Its numbers are in the file. */
  readonly isConstant: boolean;
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

/**
 * Reads a `.tflite` file (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs):
 * the first graph of it. Trusts no offset and no size.
 * @throws UserError where it is not such a file, or is broken
 */
export function parseTflite(bytes: Uint8Array, file: string): TfliteModel {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new UserError(`${file} is not a usable TensorFlow Lite model: ${reason}`, { cause });
  };
  if (bytes.length < 8 || Buffer.from(bytes.subarray(4, 8)).toString('latin1') !== 'TFL3') return refuse('it is none');
  try {
    const model = FlatTable.root(bytes);
    const codes = model.tables(1).map((code) => Math.max(code.int8(0), code.int32(3)));
    const [graph] = model.tables(2);
    const buffers = model.tables(4);
    if (graph === undefined) return refuse('it holds no graph');
    const tensors = graph.tables(0);
    if (tensors.length > MAX_TENSORS) return refuse(`it would have ${tensors.length} tensors`);
    return {
      operators: graph.tables(3).map((operator) => ({
        code: codes[operator.uint32(0)] ?? refuse('an operator has no code'),
        inputs: operator.int32s(1),
        outputs: operator.int32s(2),
      })),
      tensors: tensors.map((tensor) => tensorOf(tensor, buffers, refuse)),
    };
  } catch (cause) {
    if (cause instanceof RangeError) return refuse('it is broken', cause);
    throw cause;
  }
}

function tensorOf(table: FlatTable, buffers: readonly FlatTable[], refuse: (reason: string) => never): TfliteTensor {
  const name = table.text(3);
  const shape = table.int32s(0);
  const quantisation = table.table(4);
  const scales = quantisation?.float32s(2) ?? [];
  const [scale = 0] = scales;
  const [zeroPoint = 0] = quantisation?.int64s(3) ?? [];
  const content = buffers[table.uint32(2)]?.bytes(0) ?? new Uint8Array(0);
  return {
    name,
    shape,
    isConstant: content.length > 0,
    scale,
    zeroPoint,
    read() {
      const type = TYPES[table.int8(1)];
      if (type === undefined) return refuse(`${name} is of a type that cannot be read`);
      if (scales.length > 1) return refuse(`${name} has a scale for each channel, which cannot be read`);
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
