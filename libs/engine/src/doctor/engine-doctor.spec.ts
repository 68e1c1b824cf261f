import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuFeatures } from './cpu-features.js';
import { engineDoctor } from './engine-doctor.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.runIf(process.platform === 'linux')('engineDoctor', () => {
  it('says that the engine is missing, what runs instead, and what to do', async () => {
    const report = await engineDoctor({ cache: join(folder, 'cache'), env: { PATH: folder } });
    expect(report.backend).toBe('wasm');
    expect(report.installed).toBeUndefined();
    expect(report.pip).toBeUndefined();
    const problems = report.problems.filter(({ severity }) => severity === 'error').map(({ problem }) => problem);
    expect(problems).toEqual(['pip was not found', 'TensorFlow is not installed']);
    expect(report.problems.every(({ remedy }) => remedy.length > 0)).toBe(true);
    expect(report.reason).toContain('WebAssembly');
  });

  it('finds the engine that is installed, and the processor that it runs on', async () => {
    const report = await engineDoctor();
    expect(report.backend).toBe('tensorflow');
    expect(report.installed?.tensorflow).toBe('2.21.0');
    expect(report.cpu.threads).toBeGreaterThan(0);
    expect(report.memory.totalBytes).toBeGreaterThan(report.memory.freeBytes);
  });
});

describe('cpuFeatures', () => {
  it('reads the instruction sets that the kernel lists', async () => {
    const file = join(folder, 'cpuinfo');
    await writeFile(file, 'processor\t: 0\nmodel name\t: Any\nflags\t\t: fpu avx avx2 avx512f amx_tile\n');
    expect([...((await cpuFeatures(file)).flags ?? [])]).toEqual(['fpu', 'avx', 'avx2', 'avx512f', 'amx_tile']);
  });

  it('knows none where there is no list', async () => {
    expect((await cpuFeatures(join(folder, 'missing'))).flags).toBeUndefined();
  });
});
