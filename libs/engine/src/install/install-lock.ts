import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../work-folder.js';

export interface LockOptions {
  signal?: AbortSignal;
  /** Called once, when another holder makes us wait. */
  onWait?: () => void;
  /** A holder that has not shown a sign of life for so long is gone. */
  staleMs?: number;
}

interface Holder {
  token: string;
  pid: number;
  host: string;
}

/**
 * Runs `work` while no other process does, by a lock file that its holder touches as long as it lives. A holder that
 * was killed on this host gives way at once, one on another host (a shared cache folder) after `staleMs`.
 *
 * It saves double work and is no guard of correctness: two processes that both believe to hold it must do no harm.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { staleMs = 20_000, signal } = options;
  const me: Holder = { token: randomUUID(), pid: process.pid, host: hostname() };
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await take(path, me))) {
    if (await removeIfAbandoned(path, staleMs)) continue;
    if (!told) options.onWait?.();
    told = true;
    await delay(200, undefined, { signal });
  }
  const beat = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, staleMs / 10);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await readHolder(path))?.token === me.token) await rm(path, { force: true });
  }
}

async function take(path: string, me: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(me)).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfAbandoned(path: string, staleMs: number): Promise<boolean> {
  const [holder, age] = await Promise.all([readHolder(path), ageOf(path)]);
  if (age === undefined) return true;
  const killed = holder?.host === hostname() && !isAlive(holder.pid);
  if (!killed && age < staleMs) return false;
  // Another process may have done the same and hold a new lock already: look at what was really taken away.
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return true;
  const taken = await readHolder(aside);
  if (taken?.token !== holder?.token) await rename(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  return true;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function ageOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => undefined,
  );
}
