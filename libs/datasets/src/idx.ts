import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** An array of bytes in LeCun's IDX format: big-endian magic `0 0 type dimensions`, the sizes, then the values. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** The only element type of MNIST and its relatives. */
const UNSIGNED_BYTE = 0x08;
/** An unpacked file may have this many bytes; MNIST's largest has 47 million. */
const MAX_UNPACKED = 2 ** 31 - 1;

/** The bytes are no IDX array of the wanted kind; the message says why, without naming the file. */
export class IdxFormatError extends Error {
  override name = 'IdxFormatError';
}

/**
 * Parses an IDX file, gzipped or not.
 * @param dimensions how many the array must have: 1 for labels, 3 for grey images
 * @throws IdxFormatError
 */
export async function parseIdx(bytes: Buffer, dimensions: number): Promise<IdxArray> {
  const raw = isGzip(bytes) ? await unpack(bytes) : bytes;
  if (raw.length < 4 || raw[0] !== 0 || raw[1] !== 0) throw new IdxFormatError('it does not begin as an IDX file does');
  if (raw[2] !== UNSIGNED_BYTE) throw new IdxFormatError(`its elements are of type ${raw[2]}, not unsigned bytes`);
  if (raw[3] !== dimensions) throw new IdxFormatError(`it has ${raw[3]} dimensions, not ${dimensions}`);
  const header = 4 + 4 * dimensions;
  if (raw.length < header) throw new IdxFormatError('it ends within its header');
  const shape = Array.from({ length: dimensions }, (_, i) => raw.readUInt32BE(4 + 4 * i));
  const expected = shape.reduce((product, size) => product * size, 1);
  if (raw.length - header !== expected) {
    throw new IdxFormatError(
      `its header announces ${shape.join(' × ')} = ${expected} values, but ${raw.length - header} follow`,
    );
  }
  return { shape, values: raw.subarray(header) };
}

function isGzip(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(bytes: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    throw new IdxFormatError(`it can't be unpacked (${(error as Error).message}): cut off or damaged`, {
      cause: error,
    });
  }
}
