import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** After so long, nobody works in a folder any more, whichever machine it was made on. */
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

/**
 * Makes an empty folder for something unfinished, `PARENT/NAME.HOST.PID.RANDOM`, which its maker removes. A process that
 * is killed cannot, so the folders of that name whose process is gone are removed here, at the next use.
 */
export function makeWorkFolder(parent: string, name: string): string {
  removeAbandoned(parent, name);
  return mkdtempSync(join(parent, `${name}.${thisHost()}.${process.pid}.`));
}

function removeAbandoned(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    if (!entry.startsWith(`${name}.`)) continue;
    const [, host, pid] = /^\.([^.]+)\.(\d+)\.[^.]+$/.exec(entry.slice(name.length)) ?? [];
    if (host === undefined) continue;
    const path = join(parent, entry);
    const isGone = host === thisHost() ? !isAlive(Number(pid)) : ageOf(path) > ABANDONED_AFTER_MS;
    // Another process may be removing it at the same time, or it may be another user's.
    if (isGone) ignoringErrors(() => rmSync(path, { recursive: true, force: true }));
  }
}

/** Containers may share a folder but not their process ids; each has a host name of its own. */
function thisHost(): string {
  return hostname().replace(/[^A-Za-z0-9-]/g, '-');
}

/** Whether a process of this host is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ageOf(path: string): number {
  return ignoringErrors(() => Date.now() - statSync(path).mtimeMs) ?? 0;
}

function ignoringErrors<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
