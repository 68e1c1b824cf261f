import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileOutputStore } from '#teacher-outputs';
import type { Context } from '../context.js';
import { createProgram } from '../program.js';
import { Terminal } from '../terminal/terminal.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const add = (network: string, rows: number) =>
  new FileOutputStore(folder, (_, work) => work()).add(
    {
      address: hashOf(network),
      type: 'float16',
      about: { network, output: 'logits', width: 10, images: '32 px, squash', engine: 'tensorflow 2.21.0, 2 threads' },
    },
    {
      width: 10,
      hashes: Array.from({ length: rows }, (_, row) => hashOf(`${row}`)),
      values: new Float32Array(10 * rows).fill(1 / 3),
      deviceMs: 1500,
    },
  );

async function distillery(...args: string[]): Promise<{ stdout: string; stderr: string; error?: Error }> {
  const written = { stdout: '', stderr: '' };
  const output = (name: keyof typeof written) =>
    new Writable({
      write: (text, _, done) => {
        written[name] += String(text);
        done();
      },
    });
  const terminal = new Terminal(output('stdout'), output('stderr'));
  const context = { terminal, config: { cacheFolder: folder } } as Context;
  const error = await createProgram(() => context)
    .parseAsync(['cache', ...args], { from: 'user' })
    .then(
      () => undefined,
      (reason: Error) => reason,
    );
  return { ...written, error };
}

describe('distillery cache', () => {
  it('lists what is kept, for people and as JSON', async () => {
    expect((await distillery()).stderr).toContain('nothing is kept yet');
    await add('resnet18', 3);
    const { stdout } = await distillery('ls');
    expect(stdout).toContain(`${hashOf('resnet18').slice(0, 12)}  resnet18  logits × 10  32 px, squash`);
    const [entry] = JSON.parse((await distillery('ls', '--json')).stdout) as unknown[];
    expect(entry).toMatchObject({ address: hashOf('resnet18'), chunks: 1, about: { network: 'resnet18', width: 10 } });
  });

  it('verifies it, and fails where a file is damaged', async () => {
    await add('resnet18', 3);
    const whole = await distillery('verify');
    expect(whole.error).toBeUndefined();
    expect(whole.stdout).toMatch(/ROWS .*\n.* 3 {2}0\.0000\d+ .*1\.5s {2}-/);
    const entry = path.join(folder, 'outputs', hashOf('resnet18'));
    const chunk = (await readdir(entry)).find((name) => name.endsWith('.rows'))!;
    await writeFile(path.join(entry, chunk), 'damaged');
    const { error, stderr } = await distillery('verify');
    expect(stderr).toContain(`${chunk}: its content is not what its name says`);
    expect(error).toMatchObject({ exitCode: 1, message: '1 of the files kept are damaged' });
    const [verified] = JSON.parse((await distillery('verify', '--json')).stdout) as { damaged: unknown[] }[];
    expect(verified.damaged).toHaveLength(1);
  });

  it('makes room, or says what it would remove', async () => {
    await add('resnet18', 30);
    await add('resnet50', 3);
    expect((await distillery('gc')).stderr).toContain('removed 0 entries and 0 leftover files');
    expect((await distillery('gc', '--most', '0', '--dry-run')).stderr).toContain('would remove 2 entries');
    expect(await readdir(path.join(folder, 'outputs'))).toHaveLength(2);
    const { removed } = JSON.parse((await distillery('gc', '--most', '1.1kB', '--json')).stdout) as {
      removed: { about: { network: string } }[];
    };
    expect(removed.map(({ about }) => about.network)).toContain('resnet18');
    expect((await distillery('gc', '--unused', '0m')).stderr).toContain('removed');
  });

  it('refuses times and sizes that are none', async () => {
    for (const args of [
      ['--unused', 'yesterday'],
      ['--unused', '30'],
      ['--most', 'much'],
    ]) {
      expect((await distillery('gc', ...args)).error?.message).toMatch(/It must be a/);
    }
  });
});
