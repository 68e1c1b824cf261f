import type { Tensor, Tf } from '../engine.js';
import type { OpAttribute, TensorflowBackend, TensorflowBinding } from '../load/tensorflow-backend.js';
import { CaptureError } from './capture-error.js';
import type { GraphBuilder } from './graph-builder.js';

interface Constant {
  shape: readonly number[];
  dtype: number;
  values: unknown;
}

const SMALL_BYTES = 64;

/** What tfjs-node keeps of a tensor's data. */
interface TensorData {
  shape: readonly number[];
  dtype: number;
}

/**
 * Writes into a graph every op that TensorFlow executes while it records. Tensors go by the binding's ids, which are
 * never used twice.
 */
export class OpRecorder {
  readonly #backend: TensorflowBackend;
  readonly #binding: TensorflowBinding;
  /** Tensor id → name in the graph, for the function that is being recorded. */
  #sources = new Map<number, string>();
  #types = new Map<number, number>();
  /** Tensor ids that were created from values while recording: constants, if they are used. */
  #created = new Map<number, Constant>();
  /** Data of the tensors that came from outside, by id. */
  #seen = new Map<number, TensorData>();
  /** Constants from outside: one node each for all functions. */
  readonly #outside = new Map<number, string>();
  /** Small constants by what they are. */
  readonly #small = new Map<string, string>();

  constructor(
    tf: Tf,
    private readonly graph: GraphBuilder,
  ) {
    this.#backend = tf.backend() as unknown as TensorflowBackend;
    this.#binding = this.#backend.binding;
  }

  /** Forgets the function before. */
  begin(): void {
    this.#sources = new Map();
    this.#types = new Map();
    this.#created = new Map();
    this.#seen = new Map();
  }

  /** Says what a tensor is called in the graph. */
  bind(tensor: Tensor, source: string): void {
    this.#sources.set(this.#idOf(tensor), source);
  }

  /** What a tensor is called in the graph; one from outside becomes a constant. */
  sourceOf(tensor: Tensor): string {
    return this.#source(this.#idOf(tensor));
  }

  record<T>(work: () => T): T {
    const backend = this.#backend;
    const binding = this.#binding;
    const tensorMap = (backend as unknown as { tensorMap: { get(dataId: object): TensorData } }).tensorMap;
    const { getInputTensorIds } = backend;
    // The addon's own properties are read-only, hence an object in front of it.
    const recording = Object.create(binding, {
      executeOp: {
        value: (...args: Parameters<TensorflowBinding['executeOp']>) => {
          const [op, attributes, ids] = args;
          const inputs = ids.map((id) => this.#source(id));
          const outputs = binding.executeOp(...args);
          const node = this.graph.node(op, inputs, this.#completed(op, attributes, ids));
          outputs.forEach(({ id, dtype }, index) => {
            this.#sources.set(id, `${node}:${index}`);
            this.#types.set(id, dtype);
          });
          return outputs;
        },
      },
      createTensor: {
        value: (...args: Parameters<TensorflowBinding['createTensor']>) => {
          const id = binding.createTensor(...args);
          const [shape, dtype, values] = args;
          this.#created.set(id, { shape: [...shape], dtype, values });
          return id;
        },
      },
      tensorDataSync: {
        value: (id: number) => {
          // A kernel may look at a constant of its own, such as an axis; a computed value would be frozen.
          if (this.#sources.has(id)) {
            throw new CaptureError('A kernel in a captured function reads a computed value: it cannot be captured');
          }
          return binding.tensorDataSync(id);
        },
      },
      runSavedModel: {
        value: () => {
          throw new CaptureError('A captured function cannot call another captured function or a SavedModel');
        },
      },
    }) as TensorflowBinding;
    backend.getInputTensorIds = (tensors) => {
      const ids = getInputTensorIds.call(backend, tensors);
      ids.forEach((id, i) => {
        const dataId = tensors[i]?.dataId;
        if (dataId) this.#seen.set(id, tensorMap.get(dataId));
      });
      return ids;
    };
    backend.binding = recording;
    try {
      return work();
    } finally {
      backend.binding = binding;
      delete (backend as Partial<TensorflowBackend>).getInputTensorIds;
    }
  }

  /** Executing an op eagerly, TensorFlow infers types that tfjs-node leaves out; a graph must have them. */
  #completed(op: string, attributes: readonly OpAttribute[], [id]: readonly number[]): readonly OpAttribute[] {
    if (op !== 'ExpandDims' || id === undefined || attributes.some(({ name }) => name === 'T')) return attributes;
    const dtype = this.#types.get(id) ?? this.#created.get(id)?.dtype ?? this.#seen.get(id)?.dtype;
    return dtype === undefined ? attributes : [...attributes, this.graph.type('T', dtype)];
  }

  #idOf(tensor: Tensor): number {
    const [id] = this.#backend.getInputTensorIds([tensor]);
    const tensorMap = (this.#backend as unknown as { tensorMap: { get(dataId: object): TensorData } }).tensorMap;
    this.#seen.set(id!, tensorMap.get(tensor.dataId));
    return id!;
  }

  #source(id: number): string {
    const known = this.#sources.get(id) ?? this.#outside.get(id);
    if (known) return known;
    const created = this.#created.get(id);
    if (created) {
      const source = this.#constant(created);
      this.#sources.set(id, source);
      return source;
    }
    const seen = this.#seen.get(id);
    if (!seen) throw new CaptureError('A captured function uses a tensor of unknown origin');
    const values = this.#binding.tensorDataSync(id);
    const source = this.#constant({ ...seen, values });
    this.#outside.set(id, source);
    return source;
  }

  /** A step has the same few numbers (a momentum, an epsilon) hundreds of times: one node for each. */
  #constant(constant: Constant): string {
    const { shape, dtype } = constant;
    const bytes = bytesOf(constant, this.#binding);
    if (bytes.length > SMALL_BYTES) return this.graph.constant(shape, dtype, bytes);
    const key = `${dtype} [${shape.join()}] ${Buffer.from(bytes).toString('hex')}`;
    const source = this.#small.get(key) ?? this.graph.constant(shape, dtype, bytes);
    this.#small.set(key, source);
    return source;
  }
}

/** Values as the bytes of a TensorFlow tensor (little-endian, as all machines that TensorFlow supports). */
function bytesOf({ dtype, values }: Constant, { TF_FLOAT, TF_INT32, TF_BOOL }: TensorflowBinding): Uint8Array {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const numbers = values as number[];
  if (dtype === TF_FLOAT) return new Uint8Array(Float32Array.from(numbers).buffer);
  if (dtype === TF_INT32) return new Uint8Array(Int32Array.from(numbers).buffer);
  if (dtype === TF_BOOL) return Uint8Array.from(numbers);
  throw new CaptureError('A captured function may use constants of numbers and booleans only');
}
