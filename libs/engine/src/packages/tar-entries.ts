import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;
const MAX_PAX_BYTES = 64 * 1024;

/** A regular file of a tar archive. `content` must be consumed before the next entry is asked for, or it is skipped. */
export interface TarEntry {
  path: string;
  /** Bytes. */
  size: number;
  content: AsyncIterable<Buffer>;
}

/**
 * Reads the regular files of a gzipped tar in order, without ever touching the file system: where an entry goes is the
 * caller's choice, never the archive's. Links, devices and folders are passed over. Understands ustar and pax names
 * (POSIX.1-2017, "pax interchange format").
 * @param maxBytes most bytes that the archive may unpack to
 * @throws Error where the archive is cut off, a header's checksum is wrong, or it unpacks to more than `maxBytes`
 */
export async function* tarEntries(file: string, maxBytes: number): AsyncGenerator<TarEntry> {
  const compressed = createReadStream(file);
  const gunzip = createGunzip();
  compressed.on('error', (error) => gunzip.destroy(error));
  const bytes = new ByteReader(compressed.pipe(gunzip), maxBytes);
  try {
    let paxPath: string | undefined;
    for (;;) {
      const header = await bytes.take(BLOCK);
      if (header === undefined || header.every((byte) => byte === 0)) return;
      checkSum(header);
      const size = octal(header, 124, 12);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const type = String.fromCharCode(header[156]);
      if (type === 'x' || type === 'g') {
        if (size > MAX_PAX_BYTES) throw new Error(`archive holds an extended header of ${size} bytes`);
        const records = await bytes.need(padded);
        if (type === 'x') paxPath = paxRecord(records.subarray(0, size), 'path');
        continue;
      }
      const path = paxPath ?? ustarPath(header);
      paxPath = undefined;
      const body = bytes.slice(size);
      if (type === '0' || type === '\0') yield { path, size, content: body };
      for await (const _ of body);
      await bytes.need(padded - size);
    }
  } finally {
    compressed.destroy();
    gunzip.destroy();
  }
}

/** Cuts a stream of chunks of any size into the pieces asked for. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);
  private total = 0;

  constructor(
    source: AsyncIterable<Buffer>,
    private readonly maxBytes: number,
  ) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Exactly `count` bytes, or `undefined` at the very end. */
  async take(count: number): Promise<Buffer | undefined> {
    while (this.rest.length < count) {
      const chunk = await this.next();
      if (chunk === undefined) {
        if (this.rest.length === 0) return undefined;
        throw new Error('archive is cut off');
      }
      this.rest = Buffer.concat([this.rest, chunk]);
    }
    const piece = this.rest.subarray(0, count);
    this.rest = this.rest.subarray(count);
    return piece;
  }

  async need(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0);
    const piece = await this.take(count);
    if (piece === undefined) throw new Error('archive is cut off');
    return piece;
  }

  /** The next `count` bytes as they come; iterating again goes on where the last loop stopped. */
  slice(count: number): AsyncIterable<Buffer> {
    let left = count;
    const iterator: AsyncIterator<Buffer> = {
      next: async () => {
        if (left === 0) return { done: true, value: undefined };
        if (this.rest.length === 0) {
          const chunk = await this.next();
          if (chunk === undefined) throw new Error('archive is cut off');
          this.rest = chunk;
        }
        const piece = this.rest.subarray(0, left);
        this.rest = this.rest.subarray(piece.length);
        left -= piece.length;
        return { done: false, value: piece };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  private async next(): Promise<Buffer | undefined> {
    const { done, value } = await this.chunks.next();
    if (done === true) return undefined;
    this.total += value.length;
    if (this.total > this.maxBytes) throw new Error(`archive unpacks to more than ${this.maxBytes} bytes`);
    return value;
  }
}

function text(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
}

function octal(header: Buffer, offset: number, length: number): number {
  const digits = text(header, offset, length).trim();
  if (!/^[0-7]+$/.test(digits)) throw new Error('archive header holds a number that is not octal');
  return Number.parseInt(digits, 8);
}

function ustarPath(header: Buffer): string {
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The sum of the header's bytes, its own checksum field read as spaces. */
function checkSum(header: Buffer): void {
  let sum = 8 * 32;
  for (let index = 0; index < BLOCK; index++) if (index < 148 || index >= 156) sum += header[index];
  if (sum !== octal(header, 148, 8)) throw new Error('archive header has a wrong checksum');
}

/** Records are `LENGTH KEY=VALUE\n`, LENGTH counting the whole record in bytes. */
function paxRecord(records: Buffer, key: string): string | undefined {
  let found: string | undefined;
  for (let offset = 0; offset < records.length;) {
    const length = Number.parseInt(records.subarray(offset, offset + 20).toString('latin1'), 10);
    if (!(length > 0) || offset + length > records.length) throw new Error('archive holds a broken extended header');
    const record = records.subarray(offset, offset + length - 1).toString('utf8');
    const [name, value] = splitOnce(record.slice(record.indexOf(' ') + 1), '=');
    if (name === key) found = value;
    offset += length;
  }
  return found;
}

function splitOnce(record: string, separator: string): [string, string] {
  const at = record.indexOf(separator);
  return at < 0 ? [record, ''] : [record.slice(0, at), record.slice(at + separator.length)];
}
