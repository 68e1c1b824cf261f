import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  CHUNK_SUFFIX,
  chunkNames,
  ENTRY_FILE,
  LEASE_FILE,
  OUTPUTS_FOLDER,
  readChunk,
  WORK_SUFFIX,
} from './file-output-store.js';
import type { OutputDescription, OutputEntry } from './output-store.js';

/** An entry as it lies on the disk. */
export interface StoredEntry {
  address: string;
  /** `null` where `entry.json` is missing or damaged. */
  about: OutputDescription | null;
  chunks: number;
  bytes: number;
  /** When outputs were last asked for or added, ISO 8601. */
  usedAt: string;
  /** A process has the lease: it is adding rows. */
  inUse: boolean;
}

/** A lease that has shown no sign of life for so long is nobody's. Milliseconds. */
const LEASE_EXPIRES_MS = 20_000;

/** Every entry below a cache folder, the last used first. */
export async function listOutputs(cacheFolder: string, now = Date.now()): Promise<StoredEntry[]> {
  const outputs = path.join(cacheFolder, OUTPUTS_FOLDER);
  const names = (await readdir(outputs).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const entries = await Promise.all(names.map((name) => entryAt(path.join(outputs, name), name, now)));
  return entries.sort((a, b) => b.usedAt.localeCompare(a.usedAt) || a.address.localeCompare(b.address));
}

async function entryAt(folder: string, address: string, now: number): Promise<StoredEntry> {
  const about = await readFile(path.join(folder, ENTRY_FILE), 'utf8')
    .then((text) => (JSON.parse(text) as OutputEntry).about ?? null)
    .catch(() => null);
  let bytes = 0;
  let usedAt = 0;
  for (const name of await readdir(folder)) {
    const info = await stat(path.join(folder, name)).catch(() => undefined);
    if (name.endsWith(CHUNK_SUFFIX)) bytes += info?.size ?? 0;
    usedAt = Math.max(usedAt, info?.mtimeMs ?? 0);
  }
  const lease = await stat(path.join(folder, LEASE_FILE)).catch(() => undefined);
  return {
    address,
    about,
    chunks: (await chunkNames(folder)).length,
    bytes,
    usedAt: new Date(usedAt).toISOString(),
    inUse: lease !== undefined && now - lease.mtimeMs < LEASE_EXPIRES_MS,
  };
}

export interface VerifiedEntry extends StoredEntry {
  /** Images with a row. */
  rows: number;
  /** Largest difference between a number that was computed and the one that is kept. */
  largestError: number;
  /** What it took to compute the rows. */
  deviceSeconds: number;
  damaged: { file: string; reason: string }[];
}

/** Reads every entry whole, and checks each chunk against its checksum and the entry's width. */
export async function verifyOutputs(cacheFolder: string): Promise<VerifiedEntry[]> {
  const verified: VerifiedEntry[] = [];
  for (const entry of await listOutputs(cacheFolder)) {
    const folder = path.join(cacheFolder, OUTPUTS_FOLDER, entry.address);
    const images = new Set<string>();
    const damaged: VerifiedEntry['damaged'] = [];
    let [largestError, deviceMs] = [0, 0];
    if (entry.about === null) damaged.push({ file: ENTRY_FILE, reason: 'it is missing, or is not JSON' });
    for (const file of await chunkNames(folder)) {
      try {
        const chunk = await readChunk(path.join(folder, file));
        if (entry.about !== null && chunk.width !== entry.about.width) {
          throw new Error(`its rows have ${chunk.width} numbers instead of ${entry.about.width}`);
        }
        for (const hash of chunk.hashes) images.add(hash);
        largestError = Math.max(largestError, chunk.largestError);
        deviceMs += chunk.deviceMs;
      } catch (error) {
        damaged.push({ file, reason: (error as Error).message });
      }
    }
    verified.push({ ...entry, rows: images.size, largestError, deviceSeconds: deviceMs / 1000, damaged });
  }
  return verified;
}

export interface CollectOptions {
  /** Entries that were not asked for in so long go. Milliseconds. */
  unusedForMs?: number;
  /** Entries go, those first that were not asked for in longest, until the rest has no more bytes. */
  mostBytes?: number;
  /** Say what would go, and leave it. */
  dryRun?: boolean;
  now?: number;
}

export interface Collected {
  /** Entries, by address. */
  removed: StoredEntry[];
  /** Half-written files of processes that were killed, and outputs in an older form. */
  leftovers: string[];
  bytes: number;
}

/** What a killed process has left half-written. Milliseconds. */
const ABANDONED_MS = 3_600_000;

/** Makes room. An entry to which a process is adding rows stays; one in use by a reader may go, as readers have read it. */
export async function collectOutputs(cacheFolder: string, options: CollectOptions): Promise<Collected> {
  const { unusedForMs = Infinity, mostBytes = Infinity, dryRun = false, now = Date.now() } = options;
  const outputs = path.join(cacheFolder, OUTPUTS_FOLDER);
  const entries = await listOutputs(cacheFolder, now);
  let kept = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed: StoredEntry[] = [];
  for (const entry of [...entries].reverse()) {
    const unused = now - Date.parse(entry.usedAt) > unusedForMs;
    if (entry.inUse || (!unused && entry.chunks > 0 && kept <= mostBytes)) continue;
    kept -= entry.bytes;
    removed.push(entry);
  }
  const leftovers: string[] = [];
  let bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const file of await readdir(outputs, { recursive: true }).catch(() => [])) {
    const gone = removed.some(({ address }) => file.startsWith(address));
    // Entries of one file each, as earlier releases wrote them, are read by nobody.
    const older = !file.includes(path.sep) && file.endsWith('.safetensors');
    if (gone || !(older || file.endsWith(WORK_SUFFIX))) continue;
    const info = await stat(path.join(outputs, file)).catch(() => undefined);
    if (info === undefined || (!older && now - info.mtimeMs < ABANDONED_MS)) continue;
    leftovers.push(file);
    bytes += info.size;
  }
  if (!dryRun) {
    for (const { address } of removed) await rm(path.join(outputs, address), { recursive: true, force: true });
    for (const file of leftovers) await rm(path.join(outputs, file), { force: true });
  }
  return { removed, leftovers, bytes };
}
