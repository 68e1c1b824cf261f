import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A folder of another machine that shares the cache, untouched for this long, belongs to nobody any more. */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * Where attempts keep their files while they run: `attempts/HOST.PID.START/TOKEN` below the cache folder. The name tells
 * whose a folder is, so that those of a process that was killed are found and removed by the next one.
 */
export class AttemptFolders {
  private readonly base: string;
  private readonly own: string;

  constructor(
    cacheFolder: string,
    private readonly host = os.hostname(),
  ) {
    this.base = path.join(cacheFolder, 'attempts');
    this.own = path.join(this.base, `${nameOf(host)}.${process.pid}.${startOf(process.pid) ?? 0}`);
  }

  async create(token: string): Promise<string> {
    const folder = path.join(this.own, token);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  async remove(token: string): Promise<void> {
    await removeFolder(path.join(this.own, token));
  }

  /** Removes what processes that are gone have left behind. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.base).catch(() => [])) {
      const folder = path.join(this.base, name);
      if (folder !== this.own && (await this.isDead(name, folder))) await removeFolder(folder);
    }
  }

  /** Removes this process's own folder once it is empty. */
  async close(): Promise<void> {
    await rmdir(this.own).catch(() => undefined);
    await rmdir(this.base).catch(() => undefined);
  }

  private async isDead(name: string, folder: string): Promise<boolean> {
    const [host, pid, start] = name.split('.');
    if (host !== nameOf(this.host)) {
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity }));
      return mtimeMs < Date.now() - ABANDONED_MS;
    }
    if (!isAlive(Number(pid))) return true;
    // The number of a process may go to another one, which began at another time.
    const began = startOf(Number(pid));
    return began !== undefined && String(began) !== start;
  }
}

async function removeFolder(folder: string): Promise<void> {
  // A trainer that was killed this moment may still be in the middle of a write.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function nameOf(host: string): string {
  return host.replace(/[^A-Za-z0-9-]/g, '-');
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in ticks since the machine did; `undefined` where the system does not say. */
function startOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold anything; the start is the 22nd (proc(5)).
    return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
