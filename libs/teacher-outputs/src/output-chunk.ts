import { fromFloat16, LARGEST_FLOAT16, toFloat16 } from './float16.js';

/** What a network says of some images: one row each, beside the content hash of its image. */
export interface OutputChunk {
  /** Numbers of a row. */
  width: number;
  /** SHA-256 (hex) of each row's image. */
  hashes: readonly string[];
  /** `[rows, width]` */
  values: Float32Array;
  /** What it took to compute them, milliseconds of the device. */
  deviceMs: number;
  /** Largest difference between a number that was computed and the one that is kept. */
  largestError: number;
}

export type StoredType = 'float16' | 'float32';

/** A file of outputs that is not what it should be. */
export class DamagedOutputsError extends Error {
  override name = 'DamagedOutputsError';
}

/**
 * A chunk as bytes: a mark, the header's length (4 bytes, little-endian), the header (JSON), 32 bytes of hash for each
 * row, and the numbers, row after row, little-endian.
 */
const MARK = 'distout1';
const HASH_BYTES = 32;
const PREFIX = MARK.length + 4;
const MOST_HEADER_BYTES = 10_000;

interface Header {
  rows: number;
  width: number;
  type: StoredType;
  deviceMs: number;
  largestError: number;
}

/**
 * @param type how the numbers are to be kept; where one of them is beyond float16, float32 all the same
 */
export function encodeChunk(
  { width, hashes, values, deviceMs }: Omit<OutputChunk, 'largestError'>,
  type: StoredType,
): Uint8Array {
  const rows = hashes.length;
  if (values.length !== rows * width) throw new Error(`${values.length} numbers are not ${rows} rows of ${width}`);
  const fits = type === 'float16' && values.every((value) => Math.abs(value) <= LARGEST_FLOAT16);
  const halves = fits ? toFloat16(values) : undefined;
  const numbers = halves ?? values;
  const largestError = halves === undefined ? 0 : largestDifference(values, fromFloat16(halves));
  const header: Header = { rows, width, type: fits ? 'float16' : 'float32', deviceMs, largestError };
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(PREFIX + json.length + rows * HASH_BYTES + numbers.byteLength);
  bytes.write(MARK, 'latin1');
  bytes.writeUInt32LE(json.length, MARK.length);
  json.copy(bytes, PREFIX);
  hashes.forEach((hash, row) => {
    const written = bytes.write(hash, PREFIX + json.length + row * HASH_BYTES, HASH_BYTES, 'hex');
    if (written !== HASH_BYTES || hash.length !== 2 * HASH_BYTES) throw new Error(`"${hash}" is no SHA-256 in hex`);
  });
  const at = PREFIX + json.length + rows * HASH_BYTES;
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
  return bytes;
}

/** A chunk with its numbers rounded as they are when it is kept. */
export function asStored(chunk: Omit<OutputChunk, 'largestError'>, type: StoredType): OutputChunk {
  return decodeChunk(encodeChunk(chunk, type));
}

/** @throws DamagedOutputsError */
export function decodeChunk(file: Uint8Array): OutputChunk {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < PREFIX || bytes.toString('latin1', 0, MARK.length) !== MARK) {
    throw new DamagedOutputsError('it is no file of outputs');
  }
  const headerBytes = bytes.readUInt32LE(MARK.length);
  if (headerBytes > MOST_HEADER_BYTES || PREFIX + headerBytes > bytes.length) {
    throw new DamagedOutputsError('its header is cut off');
  }
  const { rows, width, type, deviceMs, largestError } = readHeader(bytes.subarray(PREFIX, PREFIX + headerBytes));
  const numberBytes = type === 'float16' ? 2 : 4;
  const hashesAt = PREFIX + headerBytes;
  const numbersAt = hashesAt + rows * HASH_BYTES;
  const expected = numbersAt + rows * width * numberBytes;
  if (bytes.length !== expected) {
    throw new DamagedOutputsError(`it has ${bytes.length} bytes instead of ${expected}`);
  }
  // A copy: the numbers may begin at any byte of the file.
  const raw = Uint8Array.from(bytes.subarray(numbersAt)).buffer;
  return {
    width,
    hashes: Array.from({ length: rows }, (_, row) => {
      const at = hashesAt + row * HASH_BYTES;
      return bytes.toString('hex', at, at + HASH_BYTES);
    }),
    values: type === 'float16' ? fromFloat16(new Uint16Array(raw)) : new Float32Array(raw),
    deviceMs,
    largestError,
  };
}

function readHeader(json: Buffer): Header {
  let header: Partial<Record<keyof Header, unknown>>;
  try {
    header = (JSON.parse(json.toString('utf8')) ?? {}) as typeof header;
  } catch (cause) {
    throw new DamagedOutputsError('its header is not JSON', { cause });
  }
  const { rows, width, type, deviceMs, largestError } = header;
  const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const amount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
  if (!count(rows) || !count(width) || !amount(deviceMs) || !amount(largestError)) {
    throw new DamagedOutputsError('its header has no counts');
  }
  if (type !== 'float16' && type !== 'float32') throw new DamagedOutputsError('its header names no type of numbers');
  return { rows, width, type, deviceMs, largestError };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let at = 0; at < a.length; at++) largest = Math.max(largest, Math.abs(a[at] - b[at]));
  return largest;
}
