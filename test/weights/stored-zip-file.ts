import { crc32, deflateRawSync } from 'node:zlib';

export interface StoredFile {
  name: string;
  content: Uint8Array;
  /** What the directory says instead of what is so. */
  says?: { bytes?: number; packedBytes?: number; offset?: number; flags?: number; name?: string };
  /** Pressed together, as the file systems' archives are. */
  compressed?: boolean;
}

/** A zip file for tests, field by field as APPNOTE.TXT lays it out; its directory may lie. */
export function storedZipFile(files: readonly StoredFile[], { count = files.length, comment = '' } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, says = {}, compressed = false } of files) {
    const data = compressed ? deflateRawSync(content) : Buffer.from(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(compressed ? 8 : 0, 8);
    local.writeUInt32LE(crc32(content), 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    const listed = says.name ?? name;
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(says.flags ?? 0, 8);
    entry.writeUInt16LE(compressed ? 8 : 0, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(says.packedBytes ?? data.length, 20);
    entry.writeUInt32LE(says.bytes ?? content.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(listed), 28);
    entry.writeUInt32LE(says.offset ?? offset, 42);
    parts.push(local, Buffer.from(name), data);
    directory.push(entry, Buffer.from(listed));
    offset += 30 + Buffer.byteLength(name) + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)]);
}
