import type { StateDict } from '../../model.js';
import { NUMBER_FORMATS, type NumberFormat, type NumberFormatName } from '../../number-formats.js';
import { refuseTooLarge } from '../byte-source.js';
import { PickledGlobal, type Pickled, type PickleHost } from './unpickle.js';

/** PyTorch's storages, and how the numbers of those that weights have are written. */
export const STORAGES: Readonly<Record<string, { bytes: number; format?: NumberFormatName }>> = {
  FloatStorage: { bytes: 4, format: 'F32' },
  HalfStorage: { bytes: 2, format: 'F16' },
  BFloat16Storage: { bytes: 2, format: 'BF16' },
  DoubleStorage: { bytes: 8, format: 'F64' },
  LongStorage: { bytes: 8, format: 'I64' },
  IntStorage: { bytes: 4 },
  ShortStorage: { bytes: 2 },
  CharStorage: { bytes: 1 },
  ByteStorage: { bytes: 1 },
  BoolStorage: { bytes: 1 },
};
const REBUILD = new Set(['torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2']);
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
const ORDERED_DICTIONARY = 'collections.OrderedDict';
const MAX_AXES = 8;
/** As many as an archive may hold files. */
const MAX_TENSORS = 20_000;

/** Numbers one after the other, of which tensors are views. */
export class Storage {
  constructor(
    readonly key: string,
    /** Such as `FloatStorage`. */
    readonly type: string,
    /** Numbers. */
    readonly length: number,
  ) {}
}

/** A tensor as its pickle describes it: element (i, j, …) is the storage's number offset + i·stride₀ + j·stride₁ + …. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What pickles of PyTorch's weights may ask for: tensors, parameters and dictionaries of them, nothing else. */
export function torchPickleHost(refuse: PickleHost['refuse']): PickleHost {
  const storages = Object.keys(STORAGES).map((type) => `torch.${type}`);
  return {
    globals: new Set([...REBUILD, REBUILD_PARAMETER, ORDERED_DICTIONARY, ...storages]),
    refuse,
    call(global, args) {
      if (REBUILD.has(global)) return rebuildTensor(args, refuse);
      if (global === REBUILD_PARAMETER && args[0] instanceof StoredTensor) return args[0];
      if (global === ORDERED_DICTIONARY && args.length === 0) return new Map();
      return refuse(`its pickle calls ${global} in an unusual way`);
    },
    persistent(id) {
      const [kind, type, key, , length] = Array.isArray(id) ? (id as Pickled[]) : [];
      const name = type instanceof PickledGlobal ? type.name.replace(/^torch\./, '') : '';
      const usual = kind === 'storage' && Object.hasOwn(STORAGES, name) && typeof key === 'string' && isCount(length);
      return usual ? new Storage(key, name, length) : refuse('its pickle names an unknown kind of storage');
    },
  };
}

function rebuildTensor(
  [storage, offset, shape, strides]: readonly Pickled[],
  refuse: PickleHost['refuse'],
): StoredTensor {
  const plausible =
    storage instanceof Storage &&
    isCount(offset) &&
    isCounts(shape) &&
    isCounts(strides) &&
    shape.length === strides.length &&
    shape.length <= MAX_AXES;
  if (!plausible) return refuse('it describes a tensor in an unusual way');
  return new StoredTensor(storage, offset, shape, strides);
}

/**
 * The numbers of tensors, as float32. All are counted before the first is read: tensors may share a storage, and repeat a
 * number of it by a stride of 0, so that what is small in the file may be large here.
 * @param read gives a storage's numbers from one to before another, as they are in the file
 */
export async function readTensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  read: (storage: Storage, from: number, to: number, width: number) => Promise<Uint8Array<ArrayBuffer>>,
  refuse: PickleHost['refuse'],
): Promise<StateDict> {
  if (tensors.size > MAX_TENSORS) return refuse(`it would hold ${tensors.size} tensors, more than ${MAX_TENSORS}`);
  const views = [...tensors].map(([name, tensor]) => ({ name, tensor, ...viewOf(name, tensor, refuse) }));
  const bytes = views.reduce(
    (sum, { size, extent }) => sum + Float32Array.BYTES_PER_ELEMENT * Math.max(size, extent),
    0,
  );
  refuseTooLarge(bytes, refuse);
  const result: [string, StateDict[string]][] = [];
  for (const { name, tensor, format, size, extent } of views) {
    const { storage, offset, shape, strides } = tensor;
    const numbers = format.decode(await read(storage, offset, offset + extent, format.bytes));
    const values = isContiguous(shape, strides) ? numbers : gathered(numbers, size, shape, strides);
    result.push([name, { shape: [...shape], values }]);
  }
  return Object.fromEntries(result);
}

/** How many numbers a tensor has, and how many of its storage lie from its first to its last. */
function viewOf(
  name: string,
  { storage, offset, shape, strides }: StoredTensor,
  refuse: PickleHost['refuse'],
): { format: NumberFormat; size: number; extent: number } {
  const { format } = STORAGES[storage.type];
  if (format === undefined) {
    const types = Object.keys(STORAGES).filter((type) => STORAGES[type].format !== undefined);
    return refuse(`${name} is of ${storage.type}; only ${types.join(', ')} can be read`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const extent = size === 0 ? 0 : 1 + shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], 0);
  if (offset + extent > storage.length) return refuse(`${name} reaches beyond its storage`);
  return { format: NUMBER_FORMATS[format], size, extent };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Row after row what lies apart. */
function gathered(
  numbers: Float32Array,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const values = new Float32Array(size);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < size; to++) {
    values[to] = numbers[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: Pickled | undefined): value is number[] {
  return Array.isArray(value) && (value as Pickled[]).every(isCount);
}
