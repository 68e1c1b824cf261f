import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeWorkFolder } from './work-folder.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'distillery-work-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

it('is an empty folder of its own each time', async () => {
  const [one, other] = [makeWorkFolder(parent, 'graph'), makeWorkFolder(parent, 'graph')];
  expect(one).not.toBe(other);
  expect((await readdir(parent)).sort()).toEqual([basename(one), basename(other)].sort());
  expect(await readdir(one)).toEqual([]);
});

it('takes away what a killed process left behind, and nothing else', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const host = hostname().replace(/[^A-Za-z0-9-]/g, '-');
  const theirs = `graph.${host}.${child.pid}.aaaaaa`;
  const others = [`other.${host}.${child.pid}.bbbbbb`, 'graph.elsewhere.1.cccccc', 'graph.notes', 'graph'];
  await mkdir(join(parent, theirs, 'inside'), { recursive: true });
  for (const name of others) await mkdir(join(parent, name));
  const first = basename(makeWorkFolder(parent, 'graph'));
  expect((await readdir(parent)).sort()).toEqual([...others, theirs, first].sort());

  child.kill('SIGKILL');
  await once(child, 'exit');
  const second = basename(makeWorkFolder(parent, 'graph'));
  expect((await readdir(parent)).sort()).toEqual([...others, first, second].sort());
});

it('takes away what another machine left behind, after a day', async () => {
  const abandoned = join(parent, 'graph.elsewhere.1.aaaaaa');
  await mkdir(abandoned);
  const old = new Date(Date.now() - 25 * 60 * 60_000);
  await utimes(abandoned, old, old);
  const mine = makeWorkFolder(parent, 'graph');
  expect(await readdir(parent)).toEqual([basename(mine)]);
});
