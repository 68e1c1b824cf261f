import { UserError } from '#contracts';
import type { StateDict } from './model.js';
import { NUMBER_FORMATS, type NumberFormatName } from './number-formats.js';
import { refuseTooLarge, withWeightsFile, type ByteSource } from './weights/byte-source.js';

/**
 * The safetensors format: the header's length (8 bytes, little-endian), the header (JSON: name → dtype, shape, data
 * offsets; `__metadata__`: strings), and the raw little-endian numbers. https://github.com/huggingface/safetensors
 */
export interface Safetensors {
  tensors: StateDict;
  metadata: Record<string, string>;
}

/** What can be written: float32, and int64 for the counters that PyTorch keeps. */
export interface SerialTensor {
  shape: readonly number[];
  values: Float32Array | BigInt64Array;
}

const LENGTH_BYTES = 8;
/** Far more than the header of the largest network; keeps a hostile file from being parsed at length. */
const MAX_HEADER_BYTES = 10_000_000;
const METADATA = '__metadata__';
/** Serialises tensors in the order of the dictionary, as F32 or I64. The same dictionary gives the same bytes. */
export function writeSafetensors(
  tensors: Readonly<Record<string, SerialTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    if (name === METADATA) throw new Error(`a tensor cannot be called ${METADATA}`);
    if (elementCount(shape) !== values.length) {
      throw new Error(`${name} is [${shape}] but has ${values.length} numbers`);
    }
    const dtype = values instanceof Float32Array ? 'F32' : 'I64';
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // The format's own writers align the data to 8 bytes with spaces.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let position = LENGTH_BYTES + headerBytes;
  for (const { values } of Object.values(tensors)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}

/**
 * Reads F32, F64, F16, BF16 and I64 tensors; all come back as float32. Trusts nothing of the header: its size is bounded,
 * every byte of data must belong to exactly one tensor, and half precision is counted as what it becomes. Of a file no
 * more is in memory than its header, one tensor as it is stored, and the numbers so far.
 * @param source bytes, or the path of a file
 * @throws UserError that says what is wrong with the file
 */
export async function readSafetensors(source: Uint8Array | string): Promise<Safetensors> {
  if (typeof source !== 'string') return parseSafetensors(source);
  return withWeightsFile(source, (file) => readSafetensorsFrom(file, source));
}

/** As `readSafetensors`, of a file that is open. */
export async function readSafetensorsFrom(source: ByteSource, name: string): Promise<Safetensors> {
  const fail = failureOf(name);
  const beginning = await source.read(0, Math.min(source.size, LENGTH_BYTES));
  const dataStart = dataStartOf(beginning, source.size, fail);
  const json = await source.read(LENGTH_BYTES, dataStart - LENGTH_BYTES);
  const { layouts, metadata } = parseHeader(json, source.size - dataStart, fail);
  const tensors: [string, StateDict[string]][] = [];
  for (const layout of layouts) {
    const raw = await source.read(dataStart + layout.begin, layout.end - layout.begin);
    tensors.push([layout.name, decode(layout, raw)]);
  }
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** As `readSafetensors`, of bytes that are in memory. */
export function parseSafetensors(bytes: Uint8Array, file = 'the file'): Safetensors {
  const fail = failureOf(file);
  const dataStart = dataStartOf(bytes, bytes.length, fail);
  const { layouts, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart, fail);
  const tensors = Object.fromEntries(
    layouts.map((layout) => {
      // A copy, because the data may begin at any byte, and the tensor must not keep the whole file in memory.
      const raw = new Uint8Array(layout.end - layout.begin);
      raw.set(bytes.subarray(dataStart + layout.begin, dataStart + layout.end));
      return [layout.name, decode(layout, raw)];
    }),
  );
  return { tensors, metadata };
}

type Fail = (reason: string, cause?: unknown) => never;

function failureOf(file: string): Fail {
  return (reason, cause) => {
    throw new UserError(`${file} is not a usable safetensors file: ${reason}`, { cause });
  };
}

/** @param beginning the file's first 8 bytes, or fewer where it is shorter */
function dataStartOf(beginning: Uint8Array, size: number, fail: Fail): number {
  if (beginning.length < LENGTH_BYTES) return fail(`it has ${beginning.length} bytes`);
  const declared = new DataView(beginning.buffer, beginning.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) return fail(`its header would be ${declared} bytes long`);
  const dataStart = LENGTH_BYTES + Number(declared);
  return dataStart > size ? fail('its header is cut off') : dataStart;
}

interface Layout {
  dtype: NumberFormatName;
  shape: number[];
  begin: number;
  end: number;
}

/** @returns the tensors in the header's order; together they cover the data, and none shares a byte with another */
function parseHeader(
  json: Uint8Array,
  dataBytes: number,
  fail: Fail,
): { layouts: (Layout & { name: string })[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    return fail('its header is not JSON', cause);
  }
  if (!isObject(header)) return fail('its header is not an object');
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isStringRecord(metadata)) return fail(`its ${METADATA} holds something else than strings`);

  const layouts = Object.entries(entries).map(([name, entry]) => {
    const layout = readLayout(entry, dataBytes);
    return typeof layout === 'string' ? fail(`${name} ${layout}`) : { name, ...layout };
  });
  let covered = 0;
  for (const { name, begin, end } of [...layouts].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) return fail(`${name} shares bytes with another tensor`);
    if (begin > covered) return fail(`bytes ${covered} to ${begin}, before ${name}, belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) return fail(`bytes ${covered} to ${dataBytes} belong to no tensor`);
  const decoded = layouts.reduce((sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * elementCount(shape), 0);
  refuseTooLarge(decoded, fail);
  return { layouts, metadata };
}

function decode({ dtype, shape }: Layout, raw: Uint8Array<ArrayBuffer>): StateDict[string] {
  return { shape, values: NUMBER_FORMATS[dtype].decode(raw) };
}

/** What an entry of the header says, or why it can't be so. */
function readLayout(entry: unknown, dataBytes: number): Layout | string {
  if (!isObject(entry)) return 'is not described by an object';
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !isFormat(dtype)) {
    return `has the type ${JSON.stringify(dtype)}; only ${Object.keys(NUMBER_FORMATS).join(', ')} can be read`;
  }
  if (!isCountArray(shape)) return 'has a shape that is not a list of counts';
  if (!isCountArray(offsets) || offsets.length !== 2) return 'has offsets that are not two counts';
  const [begin, end] = offsets;
  if (begin > end || end > dataBytes) {
    return `lies at bytes ${begin} to ${end} of ${dataBytes}`;
  }
  const needed = elementCount(shape) * NUMBER_FORMATS[dtype].bytes;
  if (needed !== end - begin) return `is [${shape}] ${dtype}, ${needed} bytes, but has ${end - begin}`;
  return { dtype, shape, begin, end };
}

function isFormat(dtype: string): dtype is NumberFormatName {
  return Object.hasOwn(NUMBER_FORMATS, dtype);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isCountArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
