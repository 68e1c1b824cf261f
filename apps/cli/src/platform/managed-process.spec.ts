import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../postgres/postmaster.js';
import { ManagedProcess } from './managed-process.js';

let folder: string;
const started: ManagedProcess[] = [];

async function managed(program: string, extra: Partial<ConstructorParameters<typeof ManagedProcess>[0]> = {}) {
  const entry = path.join(folder, 'program.mjs');
  await writeFile(entry, program);
  const lines: string[] = [];
  const notes: string[] = [];
  const listeners: (() => void)[] = [];
  const note = (line: string) => {
    notes.push(line);
    listeners.forEach((listener) => listener());
  };
  const child = new ManagedProcess({
    name: 'worker',
    entry,
    env: {},
    onLine: (line) => lines.push(line),
    onNote: note,
    backoff: () => 0,
    ...extra,
  });
  started.push(child);
  const noted = (text: string, times = 1) =>
    new Promise<void>((resolve) => {
      const check = () => notes.filter((line) => line.includes(text)).length >= times && resolve();
      listeners.push(check);
      check();
    });
  return { child, lines, notes, noted };
}

const serve = "process.on('disconnect', () => process.exit()); process.send({ type: 'ready' });";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-managed-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) await child.stop(0);
  await rm(folder, { recursive: true, force: true });
});

describe('ManagedProcess', () => {
  it('is started when its process says that it is ready', async () => {
    const { child, lines } = await managed(`console.log('hello'); ${serve}`);
    await child.start();
    expect(isAlive(child.pid!)).toBe(true);
    await child.stop(5_000);
    expect(lines).toEqual(['hello']);
  });

  it('starts a crashed process again, as often as it crashes', async () => {
    const { child, notes, noted } = await managed(serve);
    await child.start();
    const first = child.pid!;
    process.kill(first, 'SIGKILL');
    await noted('is back');
    const second = child.pid!;
    expect(second).not.toBe(first);
    process.kill(second, 'SIGKILL');
    await noted('is back', 2);
    expect(notes[0]).toBe('the worker has ended (SIGKILL); it is started again');
  });

  it('waits longer after each crash in a row', async () => {
    const crashes: number[] = [];
    const backoff = (count: number) => (crashes.push(count), 0);
    const { child, noted } = await managed(`process.send({ type: 'ready' }, () => process.exit(3));`, { backoff });
    await child.start();
    await noted('exit code 3', 3);
    expect(crashes.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('fails with the last words of a process that ends before it is ready', async () => {
    const { child } = await managed(`console.error('PORT is taken'); process.exit(1);`);
    await expect(child.start()).rejects.toThrow(/the worker did not start \(exit code 1\)\n {2}PORT is taken/);
  });

  it('does not start a process again that it has stopped', async () => {
    const { child, notes } = await managed(serve);
    await child.start();
    await child.stop(5_000);
    expect(notes).toEqual([]);
    expect(isAlive(child.pid!)).toBe(false);
  });

  it('kills a process that ignores the request to stop, and what it started', async () => {
    const program = `import { spawn } from 'node:child_process';
      const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      process.on('SIGTERM', () => {});
      console.log(grandchild.pid); ${serve}`;
    const { child, lines } = await managed(program);
    await child.start();
    await child.stop(50);
    expect(isAlive(child.pid!)).toBe(false);
    const grandchild = Number(lines[0]);
    while (isAlive(grandchild)) await once(process, 'beforeExit', { signal: AbortSignal.timeout(20) }).catch(() => {});
    expect(isAlive(grandchild)).toBe(false);
  });
});
