import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { outputAddress } from '#contracts';
import type { SharedOutput } from '#persistence';
import { fetchArtifact, type FetchOptions } from './fetch-artifact.js';

/** More than this is computed anew sooner than it is brought. Bytes. */
const MOST_BYTES = 2 ** 30;

/**
 * Brings to this machine's cache what a teacher has said of images to students elsewhere, so that this one need not ask
 * again. What cannot be brought is computed, and `note` says so.
 * @returns how many files were brought
 * @throws the signal's reason
 */
export async function bringOutputs(
  files: readonly SharedOutput[],
  cacheFolder: string,
  store: Pick<ArtifactStore, 'get'>,
  options: FetchOptions & { note(level: 'info' | 'warn', message: string): void },
): Promise<number> {
  let brought = 0;
  let bytes = 0;
  for (const { name, sha256, size } of files) {
    // Names come from the database; one that leads elsewhere has no business here.
    if (outputAddress(name) === null) continue;
    const file = path.join(cacheFolder, ...name.split('/'));
    if (await exists(file)) continue;
    bytes += size;
    if (bytes > MOST_BYTES) break;
    const work = `${file}.${randomUUID()}.work`;
    try {
      await fetchArtifact(store, sha256, work, options);
      await rename(work, file);
      brought++;
    } catch (error) {
      options.signal.throwIfAborted();
      options.note('warn', `What the teacher has said before could not be brought here: ${(error as Error).message}`);
      break;
    } finally {
      await rm(work, { force: true }).catch(() => undefined);
    }
  }
  return brought;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
