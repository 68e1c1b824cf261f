import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outFolder } from './out-folder.js';

let out: string;
beforeEach(async () => (out = path.join(await mkdtemp(path.join(os.tmpdir(), 'distillery-out-')), 'out')));
afterEach(() => rm(path.dirname(out), { recursive: true, force: true }));

async function runOf(record: Record<string, unknown>): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeFile(path.join(out, 'run.json'), JSON.stringify({ startedAt: '2026-01-01T00:00:00.000Z', ...record }));
}

describe('outFolder', () => {
  it('takes a folder that is not there, or empty', async () => {
    expect(await outFolder('a', { out })).toBe(out);
    await mkdir(out);
    expect(await outFolder('a', { out })).toBe(out);
  });

  it('leaves what is in a folder alone, and offers to go on with it', async () => {
    await mkdir(out);
    await writeFile(path.join(out, 'thesis.tex'), '');
    await expect(outFolder('a', { out })).rejects.toThrow('is not empty');
    expect(await outFolder('a', { out, resume: true })).toBe(out);
  });

  it.each([
    ['completed', { state: 'completed', model: 'model' }],
    ['was cancelled with a checkpoint', { state: 'cancelled', checkpoint: 'checkpoint.safetensors' }],
    ['was killed, or is running', { state: 'running' }],
  ])('keeps a run that %s', async (_, record) => {
    await runOf(record);
    await expect(outFolder('a', { out })).rejects.toThrow('is not empty');
  });

  it('gives the folder of a run that came to nothing to the next one', async () => {
    await runOf({ state: 'failed', failure: { class: 'user', message: 'no such folder' } });
    expect(await outFolder('a', { out })).toBe(out);
  });
});
