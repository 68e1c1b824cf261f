import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeAtomically } from './write-atomically.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'write-atomically-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

it('replaces what was there and leaves nothing beside it', async () => {
  const file = path.join(folder, 'checkpoint.safetensors');
  await writeAtomically(file, bytes('first'));
  // As a trainer leaves it that is killed while it writes.
  await writeFile(`${file}.tmp`, 'half a checkpo');
  await writeAtomically(file, bytes('second'));
  expect(await readFile(file, 'utf8')).toBe('second');
  expect(await readdir(folder)).toEqual(['checkpoint.safetensors']);
});

it('keeps the old file where the new one cannot be put in its place', async () => {
  const file = path.join(folder, 'a', 'b');
  await expect(writeAtomically(file, bytes('x'))).rejects.toMatchObject({ code: 'ENOENT' });
  await rm(path.join(folder, 'a'), { recursive: true, force: true });
  expect(await readdir(folder)).toEqual([]);
});
