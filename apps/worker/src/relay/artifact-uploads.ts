import { constants, copyFileSync, linkSync, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ArtifactStore, StoredArtifact } from '#artifacts';
import { OperationalError, type ArtifactKind, type TrainerEvent } from '#contracts';
import { persistently } from '../platform/persistently.js';

export interface UploadOptions {
  /** The attempt's folder, which the trainer writes to. */
  folder: string;
  store: Pick<ArtifactStore, 'put'>;
  /** Resolves when all that the trainer said so far is in the database. */
  flushed(): Promise<void>;
  /** Writes the artifact down in the database. */
  register(artifact: { name: string; kind: ArtifactKind } & StoredArtifact): Promise<void>;
  /** Called once, when an artifact cannot be stored. */
  onBroken(error: Error): void;
  /** Called when the store is away and the upload is tried again. */
  onRetry(error: Error): void;
  /** The store may be away for this long, ms. */
  patienceMs?: number;
}

interface Waiting {
  kind: ArtifactKind;
  name: string;
  /** A name of the file's own for the bytes as they were when the trainer announced them. */
  pin: string;
}

/** Beside what trainers write: no artifact's path begins with a dot. */
const PINS = '.announced';

/**
 * Stores a trainer's files, one after the other in the order of their announcement, without holding up its events. An
 * announced file is pinned by a hard link, so a trainer may replace it at once; of a name that waits, the newest counts.
 * A checkpoint becomes known only after the metrics before it: who continues from it would not write them again.
 */
export class ArtifactUploads {
  private readonly waiting = new Map<string, Waiting>();
  private readonly closed = new AbortController();
  private readonly root: string;
  private working: Promise<void> | undefined;
  private pins = 0;
  /** The name of what is being stored. */
  private uploading: string | undefined;
  private readonly watchers: { names: Set<string>; resolve(): void }[] = [];

  constructor(private readonly options: UploadOptions) {
    this.root = realpathSync(options.folder);
    mkdirSync(path.join(this.root, PINS), { recursive: true });
  }

  /** Throws where the file is not there, is no file, or lies outside the folder. */
  add({ kind, name, path: file, modifiedAt }: Extract<TrainerEvent, { type: 'artifact' }>): void {
    const pin = this.pin(file);
    if (modifiedAt !== undefined && lstatSync(pin).mtimeMs !== modifiedAt) {
      // Replaced already: that file's own announcement, and the metrics before it, are on their way.
      rmSync(pin);
      return;
    }
    const earlier = this.waiting.get(name);
    if (earlier !== undefined) rmSync(earlier.pin, { force: true });
    this.waiting.set(name, { kind, name, pin });
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Resolves when nothing waits any more: all is stored, or it was given up. */
  async settled(): Promise<void> {
    await this.working;
  }

  /** Resolves when nothing of what was announced so far is on its way any more; what comes later is not waited for. */
  async caughtUp(): Promise<void> {
    const names = new Set([...this.waiting.keys(), ...(this.uploading === undefined ? [] : [this.uploading])]);
    if (names.size === 0) return;
    await new Promise<void>((resolve) => this.watchers.push({ names, resolve }));
  }

  /** Gives up what waits. */
  close(): void {
    this.closed.abort();
    this.waiting.clear();
    for (const { resolve } of this.watchers.splice(0)) resolve();
  }

  private pin(name: string): string {
    const file = path.join(this.root, name);
    const folder = realpathSync(path.dirname(file));
    const within = folder === this.root || folder.startsWith(this.root + path.sep);
    if (!within || !lstatSync(file).isFile()) throw new Error(`${name} is not a file of the attempt's folder`);
    const pin = path.join(this.root, PINS, String(this.pins++));
    try {
      linkSync(file, pin);
    } catch (error) {
      // Some file systems know no hard links.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
      copyFileSync(file, pin, constants.COPYFILE_FICLONE);
    }
    return pin;
  }

  private async work(): Promise<void> {
    for (;;) {
      const [next] = this.waiting.values();
      if (next === undefined) return;
      this.waiting.delete(next.name);
      this.uploading = next.name;
      try {
        await this.upload(next);
      } catch (error) {
        const broken = !this.closed.signal.aborted;
        this.close();
        if (broken) this.options.onBroken(error as Error);
      } finally {
        rmSync(next.pin, { force: true });
        this.uploading = undefined;
        this.tellWatchers(next.name);
      }
    }
  }

  private tellWatchers(name: string): void {
    for (const watcher of [...this.watchers]) {
      watcher.names.delete(name);
      if (watcher.names.size > 0) continue;
      this.watchers.splice(this.watchers.indexOf(watcher), 1);
      watcher.resolve();
    }
  }

  private async upload({ kind, name, pin }: Waiting): Promise<void> {
    const { store, flushed, register } = this.options;
    const stored = await this.store(name, () => store.put({ file: pin }));
    await flushed();
    this.closed.signal.throwIfAborted();
    await register({ kind, name, ...stored });
  }

  private async store(name: string, put: () => Promise<StoredArtifact>): Promise<StoredArtifact> {
    const { patienceMs = 120_000, onRetry } = this.options;
    try {
      return await persistently(put, {
        mayPass: () => true,
        forMs: patienceMs,
        signal: this.closed.signal,
        firstPauseMs: 250,
        longestPauseMs: 10_000,
        onRetry,
      });
    } catch (error) {
      throw new OperationalError(`Artifact ${name} could not be stored: ${(error as Error).message}`, {
        cause: error,
        remedy: (error as { remedy?: string }).remedy,
      });
    }
  }
}
