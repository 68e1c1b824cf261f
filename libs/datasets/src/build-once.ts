import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationalError } from '#contracts';
import { withLock } from '#engine';

/** Work left behind by a process that was killed is cleared away after this long. Milliseconds. */
const STALE_WORK = 24 * 3600_000;

/**
 * Makes `folder` exist, by `build`ing it unless it is there already. The folder appears under its name complete or not
 * at all: `build` fills a neighbour that is then renamed. Of several processes that want the same folder one builds
 * and the others wait; the lock only saves work, since whoever renames first wins and the rest take that folder.
 * @throws OperationalError where the disk is full or the cache can't be written; `build`'s own errors as they are
 */
export async function buildOnce(
  folder: string,
  build: (emptyFolder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(folder)) return;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await withLock(`${folder}.lock`, () => buildBeside(folder, build, signal), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw asOperational(error, folder);
  }
}

async function buildBeside(
  folder: string,
  build: (emptyFolder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(folder)) return;
  await clearStaleWork(dirname(folder));
  const work = `${folder}.${randomUUID()}.work`;
  try {
    await mkdir(work);
    await build(work);
    signal.throwIfAborted();
    await rename(work, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function clearStaleWork(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.endsWith('.work')) continue;
    const info = await stat(join(parent, name)).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > STALE_WORK) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const DISK_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'the folder may not be written',
  EPERM: 'the folder may not be written',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of that path is a file',
};

function asOperational(error: unknown, folder: string): unknown {
  const why = DISK_ERRORS[(error as NodeJS.ErrnoException).code ?? ''];
  if (why === undefined) return error;
  return new OperationalError(`Cannot write the dataset cache ${folder}: ${why}`, {
    cause: error,
    remedy: 'Free some space there, or set DISTILLERY_CACHE to a folder with room.',
  });
}
