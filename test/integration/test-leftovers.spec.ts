import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leftovers, noteWhatIsThere, type Before } from '../../scripts/test-leftovers.js';

let folder: string;
let before: Before;
const left = () => leftovers(before, { isCi: true, patienceMs: 0 });

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'distillery-leftovers-'));
  const checkout = path.join(folder, 'checkout');
  mkdirSync(checkout);
  spawnSync('git', ['init', '--quiet'], { cwd: checkout });
  before = noteWhatIsThere(checkout, path.join(folder, 'tmp'), path.join(folder, 'report'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds nothing where nothing was left', async () => {
  expect(await left()).toEqual([]);
});

it('names files that stayed in the temporary folder and in the checkout', async () => {
  writeFileSync(path.join(before.temporary, 'forgotten'), '');
  writeFileSync(path.join(before.root, 'written.json'), '');
  expect(await left()).toEqual(['temporary file forgotten', 'file written.json in the checkout']);
});

const idle = ['-e', 'process.stdout.write("here"); setInterval(() => {}, 1000)'];
it.skipIf(process.platform === 'win32').each([
  ['by its environment', () => ({ args: idle, env: { TMPDIR: before.temporary }, cwd: os.tmpdir() })],
  ['by where it works', () => ({ args: idle, env: {}, cwd: before.temporary })],
  ['by its arguments', () => ({ args: [...idle, before.temporary], env: {}, cwd: os.tmpdir() })],
])('finds a process of the suite %s until it is gone', async (how, start) => {
  if (how === 'by where it works' && process.platform !== 'linux') return;
  const { args, ...options } = start();
  const child = spawn(process.execPath, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(await left()).toEqual([expect.stringMatching(`^process ${child.pid} `)]);
  child.kill('SIGKILL');
  await gone;
  expect(await left()).toEqual([]);
});
