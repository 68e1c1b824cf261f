import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder, runningStart } from './start-lock.js';

let folder: string;
let other: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-lock-'));
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'distillery', 'start']);
});
afterEach(async () => {
  other.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function lockOf(pid: number): Promise<void> {
  const running = { pid, url: 'http://127.0.0.1:3999', startedAt: new Date(0).toISOString() };
  await writeFile(path.join(folder, 'start.json'), JSON.stringify(running));
}

describe('lockDataFolder', () => {
  it('says that a start is already running, and where', async () => {
    await lockOf(other.pid!);
    await expect(lockDataFolder(folder, 'http://127.0.0.1:3000')).rejects.toThrow(
      `Distillery is already running on ${folder}: http://127.0.0.1:3999 (process ${other.pid})`,
    );
    expect(await runningStart(folder)).toMatchObject({ url: 'http://127.0.0.1:3999' });
  });

  it('takes over from a start that was killed', async () => {
    other.kill('SIGKILL');
    await once(other, 'exit');
    await lockOf(other.pid!);
    expect(await runningStart(folder)).toBeUndefined();
    const release = await lockDataFolder(folder, 'http://127.0.0.1:3000');
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a damaged lock', async () => {
    await writeFile(path.join(folder, 'start.json'), '{');
    await (
      await lockDataFolder(folder, 'http://127.0.0.1:3000')
    )();
    expect(await readdir(folder)).toEqual([]);
  });
});
