import type { ByteSource } from '../byte-source.js';

/** Where a file of the archive lies in it, bytes. */
export interface StoredEntry {
  start: number;
  bytes: number;
}

/** Says what is wrong with the archive. */
export type Refuse = (reason: string) => never;

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_END_OF_DIRECTORY = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_EXTRA = 1;
/** The end of the directory, and the longest comment behind it. */
const TAIL_BYTES = 22 + 0xffff;
const MAX_ENTRIES = 20_000;
const MAX_DIRECTORY_BYTES = 8 * 1024 ** 2;

/**
 * The files of a zip archive whose files lie in it as they are, as `torch.save` writes them, by name (APPNOTE.TXT 6.3.10).
 * What is compressed is refused, so that nothing can unpack to more than is there; so are entries that share bytes,
 * names that come twice, encryption, several disks, and a directory that the files' own headers contradict.
 */
export async function storedEntries(source: ByteSource, refuse: Refuse): Promise<Map<string, StoredEntry>> {
  const { count, bytes, offset } = await endOfDirectory(source, refuse);
  if (count > MAX_ENTRIES) return refuse(`it would hold ${count} files, more than ${MAX_ENTRIES}`);
  if (bytes > MAX_DIRECTORY_BYTES) return refuse(`its directory would have ${bytes} bytes`);
  if (offset + bytes > source.size) return refuse('its directory is cut off');
  const directory = Buffer.from((await source.read(offset, bytes)).buffer);
  const found: { name: string; from: number; start: number; bytes: number }[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes || directory.readUInt32LE(at) !== DIRECTORY_ENTRY) return refuse('its directory is torn');
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const length = 46 + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
    if (at + length > bytes) return refuse('its directory is torn');
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) return refuse(`"${name}" is encrypted`);
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const [whole, packed, from] = zip64Fields(
      [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
      extra,
      refuse,
    );
    if (directory.readUInt16LE(at + 10) !== 0 || whole !== packed) {
      return refuse(`"${name}" is compressed: torch.save does so with no weights, only with TorchScript programs`);
    }
    const start = await startOf(source, { name, nameBytes, from }, refuse);
    found.push({ name, from, start, bytes: whole });
    at += length;
  }
  return withoutOverlap(found, offset, refuse);
}

/** How many entries the directory has, how long it is and where it begins. */
async function endOfDirectory(
  source: ByteSource,
  refuse: Refuse,
): Promise<{ count: number; bytes: number; offset: number }> {
  const tailStart = Math.max(0, source.size - TAIL_BYTES);
  const tail = Buffer.from((await source.read(tailStart, source.size - tailStart)).buffer);
  const end = tail.lastIndexOf(Buffer.from(Uint32Array.of(END_OF_DIRECTORY).buffer));
  if (end < 0 || end + 22 > tail.length) return refuse('it is no zip file, or it is cut off');
  if (tail.readUInt16LE(end + 4) !== 0 && tail.readUInt16LE(end + 4) !== 0xffff) return refuse('it has several disks');
  const plain = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== ZIP64_LOCATOR) return plain;
  const at = numberOf(tail.readBigUInt64LE(locator + 8), refuse);
  if (at + 56 > source.size) return refuse('its directory is cut off');
  const record = Buffer.from((await source.read(at, 56)).buffer);
  if (record.readUInt32LE(0) !== ZIP64_END_OF_DIRECTORY) return refuse('its directory is torn');
  const [count, bytes, offset] = [32, 40, 48].map((field) => numberOf(record.readBigUInt64LE(field), refuse));
  return { count, bytes, offset };
}

/** Sizes and offset of an entry; those that are 2³² − 1 stand in the extra field, in this order, in eight bytes each. */
function zip64Fields(fields: readonly number[], extra: Buffer, refuse: Refuse): number[] {
  if (!fields.includes(0xffffffff)) return [...fields];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    let next = at + 4;
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      if (next + 8 > extra.length) return refuse('its directory is torn');
      next += 8;
      return numberOf(extra.readBigUInt64LE(next - 8), refuse);
    });
  }
  return refuse('its directory is torn');
}

/** Where an entry's bytes begin, as its own header says. */
async function startOf(
  source: ByteSource,
  { name, nameBytes, from }: { name: string; nameBytes: number; from: number },
  refuse: Refuse,
): Promise<number> {
  if (from + 30 + nameBytes > source.size) return refuse(`"${name}" is not where its directory says`);
  const header = Buffer.from((await source.read(from, 30 + nameBytes)).buffer);
  if (header.readUInt32LE(0) !== LOCAL_HEADER || header.toString('utf8', 30) !== name) {
    return refuse(`"${name}" is not where its directory says`);
  }
  return from + 30 + nameBytes + header.readUInt16LE(28);
}

function withoutOverlap(
  found: readonly { name: string; from: number; start: number; bytes: number }[],
  directory: number,
  refuse: Refuse,
): Map<string, StoredEntry> {
  const entries = new Map<string, StoredEntry>();
  let free = 0;
  for (const { name, from, start, bytes } of [...found].sort((a, b) => a.from - b.from)) {
    if (from < free) return refuse(`"${name}" shares bytes with another file`);
    if (entries.has(name)) return refuse(`it holds "${name}" twice`);
    free = start + bytes;
    if (free > directory) return refuse(`"${name}" is cut off`);
    entries.set(name, { start, bytes });
  }
  return entries;
}

function numberOf(value: bigint, refuse: Refuse): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? refuse(`it would have ${value} bytes`) : Number(value);
}
