import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore, StoredArtifact } from './artifact-store.js';
import {
  ArtifactNotFoundError,
  ArtifactStoreUnavailableError,
  assertAddress,
  checkedRange,
} from './artifact-errors.js';
import { Measured } from './measured.js';
import { opened } from './opened.js';

const ABANDONED_MS = 24 * 3_600_000;

/**
 * Artifacts as files `ab/cdef…` below a folder, which several machines may share. Written beside, flushed to the disk,
 * then renamed: a file that can be seen is whole.
 */
export class FileArtifactStore implements ArtifactStore {
  constructor(private readonly folder: string) {}

  async put(source: Readable | { file: string }): Promise<StoredArtifact> {
    const bytes = source instanceof Readable ? source : createReadStream(source.file);
    // A source may fail before the first byte is asked for; the pipeline reports that, too.
    bytes.on('error', () => undefined);
    const half = path.join(this.folder, 'incoming', randomUUID());
    try {
      await this.prepare(path.dirname(half));
      const measured = new Measured();
      // Opened before the source is: a stream that opens it later could make the file after it was removed.
      const file = await open(half, 'wx', 0o644);
      await pipeline(bytes, measured, file.createWriteStream());
      const stored = measured.result!;
      await this.publish(half, stored.sha256);
      return stored;
    } catch (error) {
      bytes.destroy();
      await rm(half, { force: true }).catch(() => undefined);
      throw this.translated(error, 'stored');
    }
  }

  async get(sha256: string, range?: { start: number; end?: number }): Promise<Readable> {
    const found = await this.stat(sha256);
    if (found === undefined) throw new ArtifactNotFoundError(sha256);
    const file = this.fileOf(sha256);
    const bytes = createReadStream(file, range === undefined ? {} : checkedRange(range, found.size));
    return opened(bytes, range === undefined ? sha256 : undefined, (error) => this.translated(error, 'read'));
  }

  async stat(sha256: string): Promise<{ size: number } | undefined> {
    assertAddress(sha256);
    try {
      return { size: (await stat(this.fileOf(sha256))).size };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.translated(error, 'read');
    }
  }

  async check(): Promise<void> {
    const incoming = path.join(this.folder, 'incoming');
    const probe = path.join(incoming, `probe-${randomUUID()}`);
    try {
      await this.prepare(incoming);
      await writeFile(probe, 'probe');
      await rm(probe);
      await this.removeAbandoned(incoming);
    } catch (error) {
      throw this.translated(error, 'written');
    }
  }

  private fileOf(sha256: string): string {
    return path.join(this.folder, sha256.slice(0, 2), sha256.slice(2));
  }

  private async publish(half: string, sha256: string): Promise<void> {
    const file = this.fileOf(sha256);
    await this.prepare(path.dirname(file));
    await flush(half);
    await rename(half, file);
    // The new name itself has to survive a power cut, too.
    await flush(path.dirname(file));
  }

  private async prepare(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
  }

  /** What a killed process has left half-written. */
  private async removeAbandoned(incoming: string): Promise<void> {
    for (const name of await readdir(incoming)) {
      const file = path.join(incoming, name);
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < Date.now() - ABANDONED_MS) await rm(file, { force: true });
    }
  }

  /** Errors of the store's own disk become ours; those of the caller's source stay what they are. */
  private translated(error: unknown, done: string): unknown {
    const { code, path: file } = error as NodeJS.ErrnoException;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    if (!full && (typeof file !== 'string' || !path.resolve(file).startsWith(path.resolve(this.folder)))) return error;
    return new ArtifactStoreUnavailableError(
      `Artifacts cannot be ${done} in ${this.folder}: ${(error as Error).message}`,
      {
        cause: error,
        remedy: full
          ? 'Free some space on its disk.'
          : 'Check ARTIFACTS_URL, that the folder is there, and that this user may write to it.',
      },
    );
  }
}

async function flush(name: string): Promise<void> {
  // Windows cannot open folders, and flushes their entries by itself.
  if (process.platform === 'win32' && (await stat(name)).isDirectory()) return;
  const handle = await open(name, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
