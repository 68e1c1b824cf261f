import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { OperationalError } from '#contracts';

const BLOCK = 512;
/** No dataset package unpacks to more; a gzip bomb does. Bytes. */
const MAX_UNPACKED = 4 * 1024 ** 3;

/**
 * Extracts just the wanted regular files of a gzipped tar into `folder`. A file is written under the last component of
 * the name that the *caller* asked for, so no name in the archive can reach outside; links and devices are refused.
 * @param wanted exact entry name → the most bytes that it may have
 * @throws OperationalError where the archive is damaged, an entry is missing, too large or no regular file
 */
export async function extractEntries(
  archive: string,
  wanted: ReadonlyMap<string, number>,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const missing = new Set(wanted.keys());
  try {
    await pipeline(
      createReadStream(archive),
      createGunzip(),
      async (bytes: AsyncIterable<Buffer>) => {
        for await (const name of writeEntries(bytes, wanted, folder)) missing.delete(name);
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OperationalError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw damaged(archive, (error as Error).message, error);
  }
  if (missing.size > 0) throw damaged(archive, `it has no ${[...missing].join(', ')}`);
}

async function* writeEntries(
  bytes: AsyncIterable<Buffer>,
  wanted: ReadonlyMap<string, number>,
  folder: string,
): AsyncGenerator<string> {
  const reader = new ByteReader(bytes);
  for (;;) {
    const header = await reader.take(BLOCK);
    // Two blocks of zeros end an archive; whatever follows is padding.
    if (header === undefined || header[0] === 0) {
      await reader.drain();
      return;
    }
    const entry = parseHeader(header);
    const padding = (BLOCK - (entry.size % BLOCK)) % BLOCK;
    const limit = wanted.get(entry.name);
    if (limit === undefined) {
      await reader.pass(entry.size + padding);
      continue;
    }
    if (!entry.regular) throw new Error(`${entry.name} is no regular file`);
    if (entry.size > limit) throw new Error(`${entry.name} has ${entry.size} bytes, more than ${limit}`);
    const file = await open(join(folder, basename(entry.name)), 'wx');
    try {
      await reader.pass(entry.size, file);
    } finally {
      await file.close();
    }
    await reader.pass(padding);
    yield entry.name;
  }
}

/** The fields of a ustar header that matter here. */
function parseHeader(header: Buffer): { name: string; size: number; regular: boolean } {
  const stored = parseInt(text(header, 148, 8), 8);
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i];
  if (stored !== sum) throw new Error('a header has the wrong checksum');
  const size = parseInt(text(header, 124, 12), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('a header has no valid size');
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  const type = header[156];
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, regular: type === 0 || type === 0x30 };
}

function text(header: Buffer, offset: number, length: number): string {
  const end = header.indexOf(0, offset);
  return header.toString('utf8', offset, end < 0 ? offset + length : Math.min(end, offset + length)).trim();
}

/** Takes exact numbers of bytes from a stream of chunks. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);
  private seen = 0;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.chunks = bytes[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; `undefined` at the end of the stream. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.rest.length < length) {
      const chunk = await this.next();
      if (chunk === undefined) {
        if (this.rest.length === 0) return undefined;
        throw new Error('it ends in the middle of a header');
      }
      this.rest = Buffer.concat([this.rest, chunk]);
    }
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  /** Moves past `length` bytes, into the file where there is one. */
  async pass(length: number, file?: FileHandle): Promise<void> {
    let left = length;
    while (left > 0) {
      if (this.rest.length === 0) {
        const chunk = await this.next();
        if (chunk === undefined) throw new Error('it ends in the middle of a file');
        this.rest = chunk;
      }
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      await file?.writeFile(part);
    }
  }

  async drain(): Promise<void> {
    while ((await this.next()) !== undefined);
  }

  private async next(): Promise<Buffer | undefined> {
    const { value, done } = await this.chunks.next();
    if (done === true) return undefined;
    this.seen += value.length;
    if (this.seen > MAX_UNPACKED) throw new Error(`it unpacks to more than ${MAX_UNPACKED} bytes`);
    return value;
  }
}

function damaged(archive: string, why: string, cause?: unknown): OperationalError {
  return new OperationalError(`The archive ${basename(archive)} is damaged: ${why}`, {
    cause,
    remedy: 'Clean the npm cache and try again.',
  });
}
