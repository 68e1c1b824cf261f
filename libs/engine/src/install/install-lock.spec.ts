import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './install-lock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-lock-'));
  path = join(folder, 'a.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

describe('withLock', () => {
  it('lets one in after the other, and leaves nothing behind', async () => {
    let inside = 0;
    const most: number[] = [];
    const work = async () => {
      most.push(++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
    expect(most).toEqual([1, 1, 1]);
    expect(await exists(path)).toBe(false);
  });

  it('says once that it waits', async () => {
    const waits: string[] = [];
    let release = () => {};
    const first = withLock(path, () => new Promise<void>((resolve) => (release = resolve)));
    await expect.poll(() => exists(path)).toBe(true);
    const second = withLock(path, async () => {}, { onWait: () => (waits.push('waits'), release()) });
    await Promise.all([first, second]);
    expect(waits).toEqual(['waits']);
  });

  it('takes over at once from a holder that was killed', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await writeFile(path, JSON.stringify({ token: 'gone', pid: child.pid, host: hostname() }));
    expect(await withLock(path, async () => 'mine')).toBe('mine');
  });

  it('takes over from a holder on another host when it has been silent for too long', async () => {
    await writeFile(path, JSON.stringify({ token: 'far', pid: 1, host: 'elsewhere' }));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    expect(await withLock(path, async () => 'mine')).toBe('mine');
  });

  it('waits for a holder on another host that shows life, until it is aborted', async () => {
    await writeFile(path, JSON.stringify({ token: 'far', pid: 1, host: 'elsewhere' }));
    const abort = new AbortController();
    const waiting = withLock(path, async () => 'mine', { signal: abort.signal, onWait: () => abort.abort() });
    await expect(waiting).rejects.toThrow();
    expect(await exists(path)).toBe(true);
  });

  it('gives the lock back when the work fails', async () => {
    await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await exists(path)).toBe(false);
  });
});
