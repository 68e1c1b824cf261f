import { read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Split } from './dataset.js';
import type { Shard } from './shard.js';

/** A split up to this size is read into memory when it is first used; a larger one stays on disk. Bytes. */
const MAX_IN_MEMORY = 256 * 1024 * 1024;
/** Images that lie next to each other are read at once, up to this many bytes. */
const MAX_READ = 4 * 1024 * 1024;

/** A split over a shard: the images at `rows`, in that order. */
export function shardSplit(
  name: Split['name'],
  shard: Shard,
  rows: Int32Array,
  maxInMemory: number = MAX_IN_MEMORY,
): Split {
  const imageBytes = shard.imageSize ** 2 * 3;
  const inMemory = rows.length * imageBytes <= maxInMemory;
  let loading: Promise<Uint8Array> | undefined;
  const load = async (): Promise<Uint8Array> => {
    const all = new Uint8Array(rows.length * imageBytes);
    await readRows(shard.file, rows, imageBytes, all);
    return all;
  };
  return {
    name,
    length: rows.length,
    imageSize: shard.imageSize,
    labels: Int32Array.from(rows, (row) => (name === 'unlabelled' ? -1 : shard.labels[row])),
    hashes: Array.from(rows, (row) => shard.hashes[row]),
    async read(indices, out) {
      check(name, rows.length, indices, imageBytes, out);
      if (!inMemory) {
        const wanted = Int32Array.from(indices, (index) => rows[index]);
        await readRows(shard.file, wanted, imageBytes, out);
        return;
      }
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      const all = await loading;
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] * imageBytes;
        out.set(all.subarray(from, from + imageBytes), i * imageBytes);
      }
    },
  };
}

function check(name: string, length: number, indices: ArrayLike<number>, imageBytes: number, out: Uint8Array): void {
  for (let i = 0; i < indices.length; i++) {
    if (!(Number.isInteger(indices[i]) && indices[i] >= 0 && indices[i] < length)) {
      throw new RangeError(`Image ${indices[i]} is not in the split ${name} of ${length} images`);
    }
  }
  if (out.length < indices.length * imageBytes) {
    throw new RangeError(`${indices.length} images need ${indices.length * imageBytes} bytes, not ${out.length}`);
  }
}

/**
 * Asks for all rows at once, in the file's order: the caller's thread may be busy for the whole of a training step, in
 * which the system's threads then read a batch to its end. Read one after the other, each row would wait for that thread.
 */
async function readRows(file: FileHandle, rows: Int32Array, imageBytes: number, out: Uint8Array): Promise<void> {
  const slots = Uint32Array.from(rows, (_, slot) => slot).sort((a, b) => rows[a] - rows[b]);
  const reads: Promise<void>[] = [];
  for (let start = 0; start < slots.length;) {
    const [row, slot] = [rows[slots[start]], slots[start]];
    let length = 1;
    while (
      rows[slots[start + length]] === row + length &&
      slots[start + length] === slot + length &&
      (length + 1) * imageBytes <= MAX_READ
    ) {
      length++;
    }
    reads.push(readFully(file.fd, out.subarray(slot * imageBytes, (slot + length) * imageBytes), row * imageBytes));
    start += length;
  }
  // None may still write to `out` when the first has failed.
  const failed = (await Promise.allSettled(reads)).find((read) => read.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** By callbacks, which cost a fifth of a FileHandle's promises. */
function readFully(descriptor: number, out: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const readFrom = (at: number): void =>
      read(descriptor, out, at, out.length - at, position + at, (error, bytes) => {
        if (error) reject(error);
        else if (bytes === 0)
          reject(new Error('A shard file in the dataset cache ended early: delete the cache folder'));
        else if (at + bytes < out.length) readFrom(at + bytes);
        else resolve();
      });
    readFrom(0);
  });
}
