import { createHash, randomUUID } from 'node:crypto';
import { link, copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { ArtifactNameSchema, OperationalError } from '#contracts';
import type { TeacherFiles } from '#persistence';
import { fetchArtifact, type FetchOptions } from './fetch-artifact.js';

type TeacherFile = TeacherFiles['artifacts'][number];

/** Copies beyond it make room: those that were not used for longest. Bytes. */
const MOST_BYTES = 4 * 2 ** 30;
/** What a killed process has left half-fetched. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Copies of teachers, shared by the attempts and the workers of this machine: `teachers/KEY` below the cache folder, the
 * key made of the files' checksums. An attempt gets links of its own, so making room never takes a teacher from it.
 */
export class TeacherCache {
  private readonly folder: string;

  constructor(
    cacheFolder: string,
    private readonly store: Pick<ArtifactStore, 'get'>,
    private readonly mostBytes = MOST_BYTES,
  ) {
    this.folder = path.join(cacheFolder, 'teachers');
  }

  /**
   * Puts the teacher's files below `target`, fetched and verified where they are not here yet; the model folder there.
   * Throws what `fetchArtifact` throws.
   */
  async provide(files: readonly TeacherFile[], target: string, options: FetchOptions): Promise<string> {
    const copy = path.join(this.folder, keyOf(files));
    // A process that makes room may take the copy away between the look and the links: then it is fetched again.
    for (let tries = 0; ; tries++) {
      if (!(await exists(copy))) await this.fetch(files, copy, options);
      try {
        await Promise.all(files.map(({ name }) => linkOrCopy(path.join(copy, name), path.join(target, name))));
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries >= 3) throw error;
        await rm(target, { recursive: true, force: true });
        await rm(copy, { recursive: true, force: true });
      }
    }
    await utimes(copy, new Date(), new Date()).catch(() => undefined);
    await this.makeRoom(copy);
    return path.join(target, 'model');
  }

  private async fetch(files: readonly TeacherFile[], copy: string, options: FetchOptions): Promise<void> {
    const half = path.join(this.folder, `incoming-${randomUUID()}`);
    await mkdir(half, { recursive: true });
    try {
      for (const { name, sha256 } of files) {
        // Names come from the database; one that leaves the folder has no business here.
        const file = path.join(half, ArtifactNameSchema.parse(name));
        await fetchArtifact(this.store, sha256, file, options);
      }
      await rename(half, copy).catch(async (error: NodeJS.ErrnoException) => {
        // Another attempt was faster: its copy holds the same bytes.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'EPERM') throw error;
        if (!(await exists(copy)))
          throw new OperationalError(`The copy of the teacher cannot be kept: ${error.message}`);
      });
    } finally {
      await rm(half, { recursive: true, force: true });
    }
  }

  private async makeRoom(used: string): Promise<void> {
    const copies: { folder: string; bytes: number; usedAt: number }[] = [];
    for (const name of await readdir(this.folder).catch(() => [])) {
      const folder = path.join(this.folder, name);
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity }));
      if (!name.startsWith('incoming-')) copies.push({ folder, bytes: await bytesOf(folder), usedAt: mtimeMs });
      else if (mtimeMs < Date.now() - ABANDONED_MS) await rm(folder, { recursive: true, force: true });
    }
    let bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
    for (const copy of copies.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= this.mostBytes) return;
      if (copy.folder === used) continue;
      await rm(copy.folder, { recursive: true, force: true });
      bytes -= copy.bytes;
    }
  }
}

function keyOf(files: readonly TeacherFile[]): string {
  const parts = files.map(({ name, sha256 }) => `${sha256} ${name}`).sort();
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw error;
    await copyFile(from, to);
  });
}

async function exists(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined)) !== undefined;
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const found = entry.isFile()
      ? await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined)
      : undefined;
    bytes += found?.size ?? 0;
  }
  return bytes;
}
