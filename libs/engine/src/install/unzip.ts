import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { EngineInstallError } from './install-error.js';

export interface UnzipOptions {
  /** Where an entry goes, relative to the folder, or `undefined` to leave it out. */
  place: (name: string) => string | undefined;
  folder: string;
  /** Unpacked bytes that are accepted in all. */
  limitBytes: number;
  signal?: AbortSignal;
  onBytes?: (done: number, total: number) => void;
}

interface Entry {
  name: string;
  method: number;
  packedBytes: number;
  bytes: number;
  offset: number;
  executable: boolean;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpacks chosen entries of a zip file, one after another and in constant memory. Names come out of `place`, so an
 * entry cannot choose where it lands. Zip64, encryption and links are refused (APPNOTE.TXT 6.3.10, 4.3).
 * @throws EngineInstallError `bad-archive`
 */
export async function unzip(archive: string, options: UnzipOptions): Promise<string[]> {
  const file = await open(archive, 'r');
  try {
    const chosen = (await readDirectory(file)).flatMap((entry) => {
      const target = entry.name.endsWith('/') ? undefined : options.place(entry.name);
      return target === undefined ? [] : [{ entry, target }];
    });
    const total = chosen.reduce((sum, { entry }) => sum + entry.bytes, 0);
    if (total > options.limitBytes) throw bad(`it unpacks to ${total} bytes, more than ${options.limitBytes}`);
    let done = 0;
    for (const { entry, target } of chosen) {
      const path = join(options.folder, target);
      await mkdir(dirname(path), { recursive: true });
      await unpack(archive, file, entry, path, options.signal, (bytes) => options.onBytes?.((done += bytes), total));
    }
    return chosen.map(({ target }) => target);
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || tail.length < end + 22 || tail.readUInt32LE(end) !== END_OF_DIRECTORY) throw bad('it is no zip file');
  const count = tail.readUInt16LE(end + 10);
  const bytes = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  if (count === 0xffff || offset === 0xffffffff) throw bad('it is a zip64 file');
  if (offset + bytes > size) throw bad('its directory is cut off');
  const directory = await read(file, offset, bytes);
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw bad('its directory is torn');
    const nameBytes = directory.readUInt16LE(at + 28);
    const mode = directory.readUInt32LE(at + 38) >>> 16;
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) throw bad(`"${name}" is encrypted`);
    if ((mode & 0o170000) === 0o120000) throw bad(`"${name}" is a link`);
    entries.push({
      name,
      method: directory.readUInt16LE(at + 10),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      executable: (mode & 0o111) !== 0,
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpack(
  archive: string,
  file: FileHandle,
  entry: Entry,
  path: string,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  if (entry.method !== STORED && entry.method !== DEFLATED) throw bad(`"${entry.name}" is packed in an unknown way`);
  const header = await read(file, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw bad(`"${entry.name}" is not where the directory says`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  let written = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      if (written > entry.bytes) return done(bad(`"${entry.name}" is longer than the directory says`));
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const target = createWriteStream(path, { mode: entry.executable ? 0o755 : 0o644 });
  if (entry.packedBytes > 0) {
    const source = createReadStream(archive, { start, end: start + entry.packedBytes - 1, highWaterMark: 1 << 20 });
    if (entry.method === DEFLATED) {
      await pipeline(source, createInflateRaw({ chunkSize: 1 << 20 }), count, target, { signal });
    } else {
      await pipeline(source, count, target, { signal });
    }
  } else {
    await new Promise<void>((resolve, reject) => target.once('error', reject).end(resolve));
  }
  if (written !== entry.bytes) throw bad(`"${entry.name}" is cut off`);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw bad('it is cut off');
  return buffer;
}

function bad(why: string): EngineInstallError {
  return new EngineInstallError('bad-archive', `The downloaded archive cannot be used: ${why}`);
}
