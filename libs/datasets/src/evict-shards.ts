import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

interface StoredShard {
  readonly folder: string;
  readonly bytes: number;
  /** When it was last opened, ms since 1970. */
  readonly usedAt: number;
}

/** Notes that a shard is in use, for `evictShards`. */
export async function markUsed(folder: string, now: Date = new Date()): Promise<void> {
  // A cache that may only be read serves all the same.
  await utimes(folder, now, now).catch(() => {});
}

/**
 * Removes the shards that were not used for longest until the others take `maxBytes` at most, but never `keep`. A run
 * that still reads a removed one has it open and goes on; one that is about to open it makes it anew.
 */
export async function evictShards(parent: string, keep: string, maxBytes: number): Promise<void> {
  const shards = await storedShards(parent);
  let total = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { folder, bytes } of shards.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= maxBytes) return;
    if (folder === keep) continue;
    // Away in one step: nobody meets half a shard. What a killed process leaves of it is cleared as stale work.
    const aside = `${folder}.${randomUUID()}.work`;
    const moved = await rename(folder, aside).then(
      () => true,
      () => false,
    );
    if (!moved) continue;
    total -= bytes;
    await rm(aside, { recursive: true, force: true }).catch(() => {});
  }
}

async function storedShards(parent: string): Promise<StoredShard[]> {
  const shards: StoredShard[] = [];
  for (const name of await readdir(parent)) {
    if (!/^[0-9a-f]+$/.test(name)) continue;
    const folder = join(parent, name);
    try {
      let bytes = 0;
      for (const file of await readdir(folder)) bytes += (await stat(join(folder, file))).size;
      shards.push({ folder, bytes, usedAt: (await stat(folder)).mtimeMs });
    } catch (error) {
      // Another process has just removed it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return shards;
}
