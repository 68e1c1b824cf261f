import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeChunk, encodeChunk, type OutputChunk } from './output-chunk.js';
import type { LeaseOptions, OutputEntry, OutputStore, ReadOptions, StoredChunk } from './output-store.js';
import { untilSatisfied } from './until-satisfied.js';

/** Below a cache folder. */
export const OUTPUTS_FOLDER = 'outputs';
export const ENTRY_FILE = 'entry.json';
export const LEASE_FILE = 'lease';
export const CHUNK_SUFFIX = '.rows';
/** A file that is being written, or was when its process was killed. */
export const WORK_SUFFIX = '.work';

/** Runs work while no other process holds the file, which a holder that is gone gives up. */
export type Lease = <T>(file: string, work: () => Promise<T>, options: LeaseOptions) => Promise<T>;

/**
 * Outputs as files below a folder that the processes of a machine, or machines with a common disk, share:
 * `outputs/ADDRESS/SHA256.rows`, the name being the checksum of the content, and `entry.json`, which says what they are
 * and whose time of change is when they were last asked for.
 */
export class FileOutputStore implements OutputStore {
  private readonly folder: string;

  constructor(
    cacheFolder: string,
    private readonly lease: Lease,
  ) {
    this.folder = path.join(cacheFolder, OUTPUTS_FOLDER);
  }

  async read(address: string, { known, onDamage }: ReadOptions = {}): Promise<StoredChunk[]> {
    const folder = this.folderOf(address);
    const found: StoredChunk[] = [];
    for (const name of await chunkNames(folder)) {
      if (known?.has(name)) continue;
      const file = path.join(folder, name);
      const chunk = await readChunk(file).catch(async (error: NodeJS.ErrnoException) => {
        // Somebody has cleared it away since the folder was listed.
        if (error.code === 'ENOENT') return undefined;
        onDamage?.(file, error.message);
        await rm(file, { force: true }).catch(() => undefined);
        return undefined;
      });
      if (chunk !== undefined) found.push({ name, chunk });
    }
    const now = new Date();
    if (found.length > 0) await utimes(path.join(folder, ENTRY_FILE), now, now).catch(() => undefined);
    return found;
  }

  async add(entry: OutputEntry, chunk: Omit<OutputChunk, 'largestError'>): Promise<StoredChunk> {
    const bytes = encodeChunk(chunk, entry.type);
    const name = `${createHash('sha256').update(bytes).digest('hex')}${CHUNK_SUFFIX}`;
    const folder = this.folderOf(entry.address);
    await mkdir(folder, { recursive: true });
    await writeWhole(path.join(folder, ENTRY_FILE), encodeEntry(entry));
    await writeWhole(path.join(folder, name), bytes);
    return { name, chunk: decodeChunk(bytes) };
  }

  async exclusively<T>(
    { address }: OutputEntry,
    work: () => Promise<T>,
    options: LeaseOptions,
  ): Promise<T | undefined> {
    const folder = this.folderOf(address);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, LEASE_FILE);
    return untilSatisfied(work, options, (work, waiting) => this.lease(file, work, waiting));
  }

  private folderOf(address: string): string {
    if (!/^[0-9a-f]{64}$/.test(address)) throw new Error(`"${address}" is no address of outputs`);
    return path.join(this.folder, address);
  }
}

/** `entry.json`: what an entry is. The same entry is the same bytes. */
export function encodeEntry(entry: OutputEntry): Uint8Array {
  return Buffer.from(`${JSON.stringify(entry, null, 2)}\n`);
}

export async function chunkNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(CHUNK_SUFFIX)).sort();
}

/**
 * A chunk, checked against its name.
 * @throws DamagedOutputsError, and errors of the file system
 */
export async function readChunk(file: string): Promise<OutputChunk> {
  const bytes = await readFile(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (`${sha256}${CHUNK_SUFFIX}` !== path.basename(file)) throw new Error('its content is not what its name says');
  return decodeChunk(bytes);
}

/** Whole or not at all, so that whoever reads meanwhile is not disturbed. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const work = `${file}.${randomUUID()}${WORK_SUFFIX}`;
  try {
    await writeFile(work, bytes);
    await rename(work, file);
  } catch (error) {
    await rm(work, { force: true }).catch(() => undefined);
    throw error;
  }
}
