import type { Tensor, Tf } from '../engine.js';
import type { OpAttribute, OutputInfo, TensorflowBackend, TensorflowBinding } from '../load/tensorflow-backend.js';
import { type CaptureError, refusal } from './capture-error.js';
import type { Graph } from './graph.js';
import { outputShapes, sizeOf, type TensorFacts } from './output-shapes.js';
import { READS } from './refused-ops.js';

interface Constant extends TensorFacts {
  values: unknown;
}

const SMALL_BYTES = 64;
/** Up to this size, what follows from constants is computed in advance. Numbers. */
const SMALL_SIZE = 1024;
/** tfjs has -1 for values that TensorFlow has not been given yet, and hands no negative id to TensorFlow to be freed. */
const FIRST_UNCOMPUTED_ID = -2;

/**
 * Writes into a graph every op that TensorFlow is asked to execute while it records. Tensors go by the binding's ids,
 * which are never used twice. An op whose outputs' shapes are known is not executed: TensorFlow does not hear of its outputs, so
 * that to capture a large network takes neither its memory nor its time.
 */
export class OpRecorder {
  readonly #backend: TensorflowBackend;
  readonly #binding: TensorflowBinding;
  #functionName = '';
  /** Tensor id → name in the graph, for the function that is being recorded. */
  #sources = new Map<number, string>();
  #facts = new Map<number, TensorFacts>();
  /** Tensor ids that were created from values while recording: constants, if they are used. */
  #created = new Map<number, Constant>();
  /** Data of the tensors that came from outside, by id. */
  #seen = new Map<number, TensorFacts>();
  /** Constants from outside: one node each for all functions. */
  readonly #outside = new Map<number, string>();
  #nextUncomputed = FIRST_UNCOMPUTED_ID;
  /** Small constants by what they are. */
  readonly #small = new Map<string, string>();

  constructor(
    tf: Tf,
    private readonly graph: Graph,
  ) {
    this.#backend = tf.backend() as unknown as TensorflowBackend;
    this.#binding = this.#backend.binding;
  }

  /** Forgets the function before. */
  begin(functionName: string): void {
    this.#functionName = functionName;
    this.#sources = new Map();
    this.#facts = new Map();
    this.#created = new Map();
    this.#seen = new Map();
  }

  /** Says what a tensor is called in the graph. */
  bind(tensor: Tensor, source: string): void {
    this.#sources.set(this.#idOf(tensor), source);
  }

  /** Says which constant of the graph a tensor from outside is. */
  bindConstant(tensor: Tensor, source: string): void {
    this.#outside.set(this.#idOf(tensor), source);
  }

  /** What a tensor is called in the graph; one from outside becomes a constant. */
  sourceOf(tensor: Tensor): string {
    return this.#source(this.#idOf(tensor));
  }

  /** Calls a function in the same way without writing anything into the graph. */
  skim<T>(work: () => T): T {
    return this.#watch(work, () => 'skimmed');
  }

  record<T>(work: () => T): T {
    return this.#watch(work, (op, attributes, ids) => {
      const inputs = ids.map((id) => this.#source(id));
      return this.graph.node(op, inputs, this.#completed(op, attributes, ids));
    });
  }

  #watch<T>(
    work: () => T,
    write: (op: string, attributes: readonly OpAttribute[], ids: readonly number[]) => string,
  ): T {
    const backend = this.#backend;
    const binding = this.#binding;
    const tensorMap = (backend as unknown as { tensorMap: { get(dataId: object): TensorFacts } }).tensorMap;
    const { getInputTensorIds } = backend;
    // The addon's own properties are read-only, hence an object in front of it.
    const recording = Object.create(binding, {
      executeOp: {
        value: (...args: Parameters<TensorflowBinding['executeOp']>) => {
          const [op, attributes, ids] = args;
          // What follows from constants is a constant too: a converted model computes its shapes in this way.
          const folded = ids.some((id) => this.#isComputed(id)) ? undefined : binding.executeOp(...args);
          if (folded?.every(isSmall)) {
            for (const { id, shape, dtype } of folded) this.#seen.set(id, { shape, dtype });
            return folded;
          }
          const node = write(op, attributes, ids);
          const outputs = folded ?? this.#uncomputed(op, attributes, ids) ?? this.#executed(...args);
          const written = this.graph.nodeOf(node);
          if (written) written.shapes = outputs.map(({ shape }) => shape);
          outputs.forEach(({ id, shape, dtype }, index) => {
            this.#sources.set(id, `${node}:${index}`);
            this.#facts.set(id, { shape, dtype });
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
          if (this.#isComputed(id)) throw this.#refusal(...READS);
          return binding.tensorDataSync(id);
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

  /** Outputs of an op that need not be executed: shapes without numbers, of which TensorFlow knows nothing. */
  #uncomputed(op: string, attributes: readonly OpAttribute[], ids: readonly number[]): OutputInfo[] | undefined {
    const inputs = ids.map((id) => this.#factsOf(id));
    if (!inputs.every((facts) => facts !== undefined)) return undefined;
    const valueOf = (input: number) => Array.from(this.#valuesOf(ids[input]!));
    return outputShapes({ op, attributes, inputs, valueOf })?.map(({ shape, dtype }) => {
      return { id: this.#nextUncomputed--, shape: [...shape], dtype };
    });
  }

  /** Executes an op for the shapes of its outputs: it sees zeros where its inputs were not computed. */
  #executed(...[op, attributes, ids, outputs]: Parameters<TensorflowBinding['executeOp']>): OutputInfo[] {
    const made: number[] = [];
    const zeros = (id: number): number => {
      const { shape, dtype } = this.#factsOf(id)!;
      made.push(this.#binding.createTensor([...shape], dtype, this.#zeros(sizeOf(shape), dtype)));
      return made.at(-1)!;
    };
    try {
      const real = ids.map((id) => (id < 0 ? zeros(id) : id));
      return this.#binding.executeOp(op, attributes, real, outputs);
    } finally {
      for (const id of made) this.#binding.deleteTensor(id);
    }
  }

  #zeros(size: number, dtype: number): ArrayBufferView {
    const { TF_BOOL, TF_FLOAT } = this.#binding;
    if (dtype === TF_FLOAT) return new Float32Array(size);
    return dtype === TF_BOOL ? new Uint8Array(size) : new Int32Array(size);
  }

  #isComputed(id: number): boolean {
    return this.#sources.has(id) && !this.#created.has(id);
  }

  #factsOf(id: number): TensorFacts | undefined {
    return this.#facts.get(id) ?? this.#created.get(id) ?? this.#seen.get(id);
  }

  /** Values that shapes depend on, such as a padding: constants, or the graph would have no shape. */
  #valuesOf(id: number): ArrayLike<number> {
    const created = this.#created.get(id);
    if (created) return created.values as ArrayLike<number>;
    if (this.#isComputed(id)) {
      throw this.#refusal(
        'has a shape that depends on a computed value',
        'it would be frozen at capture; take the size from the shape of an input',
      );
    }
    return this.#binding.tensorDataSync(id) as unknown as ArrayLike<number>;
  }

  /** Executing an op eagerly, TensorFlow infers types that tfjs-node leaves out; a graph must have them. */
  #completed(op: string, attributes: readonly OpAttribute[], [id]: readonly number[]): readonly OpAttribute[] {
    if (op !== 'ExpandDims' || id === undefined || attributes.some(({ name }) => name === 'T')) return attributes;
    const dtype = this.#factsOf(id)?.dtype;
    return dtype === undefined ? attributes : [...attributes, this.graph.type('T', dtype)];
  }

  #idOf(tensor: Tensor): number {
    const [id] = this.#backend.getInputTensorIds([tensor]);
    const tensorMap = (this.#backend as unknown as { tensorMap: { get(dataId: object): TensorFacts } }).tensorMap;
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
    if (!seen) throw this.#refusal('uses a tensor of unknown origin', 'pass it as an input');
    const values = this.#binding.tensorDataSync(id);
    const source = this.#constant({ ...seen, values });
    this.#outside.set(id, source);
    return source;
  }

  #refusal(did: string, remedy: string): CaptureError {
    return refusal(this.#functionName, did, remedy);
  }

  /** A step has the same few numbers (a momentum, an epsilon) hundreds of times: one node for each. */
  #constant(constant: Constant): string {
    const { shape, dtype } = constant;
    const bytes = bytesOf(constant, this.#binding);
    if (!bytes) {
      throw this.#refusal('uses a constant of neither numbers nor booleans', 'keep it, and what works on it, outside');
    }
    if (bytes.length > SMALL_BYTES) return this.graph.constant({ shape, dtype, content: bytes });
    const key = `${dtype} [${shape.join()}] ${Buffer.from(bytes).toString('hex')}`;
    const source = this.#small.get(key) ?? this.graph.constant({ shape, dtype, content: bytes });
    this.#small.set(key, source);
    return source;
  }
}

function isSmall({ shape }: { shape: readonly number[] }): boolean {
  return sizeOf(shape) <= SMALL_SIZE;
}

/** Values as the bytes of a TensorFlow tensor (little-endian, as all machines that TensorFlow supports). */
function bytesOf(
  { dtype, values }: Constant,
  { TF_FLOAT, TF_INT32, TF_BOOL }: TensorflowBinding,
): Uint8Array | undefined {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const numbers = values as number[];
  if (dtype === TF_FLOAT) return new Uint8Array(Float32Array.from(numbers).buffer);
  if (dtype === TF_INT32) return new Uint8Array(Int32Array.from(numbers).buffer);
  if (dtype === TF_BOOL) return Uint8Array.from(numbers);
  return undefined;
}
