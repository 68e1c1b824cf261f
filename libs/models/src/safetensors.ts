import { readFile } from 'node:fs/promises';
import { UserError } from '#contracts';
import type { StateDict } from './model.js';

/**
 * The safetensors format: the header's length (8 bytes, little-endian), the header (JSON: name → dtype, shape, data
 * offsets; `__metadata__`: strings), and the raw little-endian numbers. https://github.com/huggingface/safetensors
 */
export interface Safetensors {
  tensors: StateDict;
  metadata: Record<string, string>;
}

const LENGTH_BYTES = 8;
/** Far more than the header of the largest network; keeps a hostile file from being parsed at length. */
const MAX_HEADER_BYTES = 10_000_000;
const METADATA = '__metadata__';
const DTYPES: Readonly<Record<string, { bytes: number; decode(raw: Uint8Array<ArrayBuffer>): Float32Array }>> = {
  F32: { bytes: 4, decode: (raw) => new Float32Array(raw.buffer) },
  F16: { bytes: 2, decode: (raw) => Float32Array.from(new Uint16Array(raw.buffer), halfToSingle) },
  BF16: { bytes: 2, decode: bfloat16ToSingle },
};

/** Serialises tensors in the order of the dictionary, as F32. The same dictionary gives the same bytes. */
export function writeSafetensors(tensors: StateDict, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    if (name === METADATA) throw new Error(`a tensor cannot be called ${METADATA}`);
    if (elementCount(shape) !== values.length) {
      throw new Error(`${name} is [${shape}] but has ${values.length} numbers`);
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
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
 * Reads F32, F16 and BF16 tensors; all come back as float32. Trusts nothing of the header: its size is bounded, and
 * every byte of data must belong to exactly one tensor.
 * @param source bytes, or the path of a file
 * @throws UserError that says what is wrong with the file
 */
export async function readSafetensors(source: Uint8Array | string): Promise<Safetensors> {
  if (typeof source !== 'string') return parseSafetensors(source);
  const bytes = await readFile(source).catch((cause: unknown) => {
    throw new UserError(`cannot read weights from ${source}: ${(cause as Error).message}`, { cause });
  });
  return parseSafetensors(bytes, source);
}

/** As `readSafetensors`, of bytes that are in memory. */
export function parseSafetensors(bytes: Uint8Array, file = 'the file'): Safetensors {
  const fail = (reason: string, cause?: unknown): never => {
    throw new UserError(`${file} is not a usable safetensors file: ${reason}`, { cause });
  };
  if (bytes.length < LENGTH_BYTES) return fail(`it has ${bytes.length} bytes`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) return fail(`its header would be ${declared} bytes long`);
  const dataStart = LENGTH_BYTES + Number(declared);
  if (dataStart > bytes.length) return fail('its header is cut off');

  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch (cause) {
    return fail('its header is not JSON', cause);
  }
  if (!isObject(header)) return fail('its header is not an object');
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isStringRecord(metadata)) return fail(`its ${METADATA} holds something else than strings`);

  const dataBytes = bytes.length - dataStart;
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

  const tensors = Object.fromEntries(
    layouts.map(({ name, dtype, shape, begin, end }) => {
      // A copy, because the data may begin at any byte, and the tensor must not keep the whole file in memory.
      const raw = new Uint8Array(end - begin);
      raw.set(bytes.subarray(dataStart + begin, dataStart + end));
      return [name, { shape, values: DTYPES[dtype].decode(raw) }];
    }),
  );
  return { tensors, metadata };
}

/** What an entry of the header says, or why it can't be so. */
function readLayout(
  entry: unknown,
  dataBytes: number,
): { dtype: string; shape: number[]; begin: number; end: number } | string {
  if (!isObject(entry)) return 'is not described by an object';
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    return `has the type ${JSON.stringify(dtype)}; only ${Object.keys(DTYPES).join(', ')} can be read`;
  }
  if (!isCountArray(shape)) return 'has a shape that is not a list of counts';
  if (!isCountArray(offsets) || offsets.length !== 2) return 'has offsets that are not two counts';
  const [begin, end] = offsets;
  if (begin > end || end > dataBytes) {
    return `lies at bytes ${begin} to ${end} of ${dataBytes}`;
  }
  const needed = elementCount(shape) * DTYPES[dtype].bytes;
  if (needed !== end - begin) return `is [${shape}] ${dtype}, ${needed} bytes, but has ${end - begin}`;
  return { dtype, shape, begin, end };
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

/** IEEE 754 binary16 → its value. */
function halfToSingle(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToSingle(raw: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(raw.buffer), (bits) => bits << 16).buffer);
}
