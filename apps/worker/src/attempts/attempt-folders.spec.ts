import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttemptFolders } from './attempt-folders.js';

let cache: string;
let folders: AttemptFolders;

beforeEach(() => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'attempt-folders-'));
  folders = new AttemptFolders(cache, 'lab-1.example');
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

/** Makes the folder of another process, as if it had been killed. */
function leftBehind(name: string): string {
  const folder = path.join(cache, 'attempts', name);
  mkdirSync(path.join(folder, 'token'), { recursive: true });
  writeFileSync(path.join(folder, 'token', 'checkpoint.safetensors'), 'x');
  return folder;
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid!;
}

describe('AttemptFolders', () => {
  it('gives each attempt a folder of its own, and leaves nothing behind', async () => {
    const [one, two] = [await folders.create('a'), await folders.create('b')];
    expect(one).not.toBe(two);
    writeFileSync(path.join(one, 'file'), 'x');
    await folders.remove('a');
    await folders.sweep();
    expect([existsSync(one), existsSync(two)]).toEqual([false, true]);
    await folders.remove('b');
    await folders.close();
    expect(readdirSync(cache)).toEqual([]);
  });

  it('removes what a killed process left behind, and nothing of one that lives', async () => {
    const own = await folders.create('a');
    const dead = leftBehind(`lab-1-example.${await deadPid()}.17`);
    const alive = leftBehind(`lab-1-example.${process.ppid}.${startOf(process.ppid)}`);
    await folders.sweep();
    expect([own, dead, alive].map((folder) => existsSync(folder))).toEqual([true, false, true]);
  });

  it.skipIf(process.platform !== 'linux')('is not misled by a number that another process has now', async () => {
    const reused = leftBehind(`lab-1-example.${process.ppid}.17`);
    const restarted = leftBehind(`lab-1-example.${process.pid}.17`);
    await folders.sweep();
    expect([existsSync(reused), existsSync(restarted)]).toEqual([false, false]);
  });

  it('leaves the folders of another machine alone until they are a week old', async () => {
    const [young, old] = [leftBehind('lab-2.1.17'), leftBehind('lab-3.1.17')];
    const past = Date.now() / 1000 - 8 * 24 * 3600;
    utimesSync(old, past, past);
    await folders.sweep();
    expect([existsSync(young), existsSync(old)]).toEqual([true, false]);
  });
});

function startOf(pid: number): string {
  if (process.platform !== 'linux') return '0';
  return String(process.getBuiltinModule('fs').readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19]);
}
