import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms } from '../../../../test/services/test-services.js';
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
    expect(report.speed).toBeUndefined();
  });

  it('measures what the engine reaches, beside numbers to judge it by', async () => {
    await buildPrograms();
    const { speed } = await engineDoctor({ speed: true });
    if (speed === undefined || 'failed' in speed) throw new Error(speed?.failed);
    expect(speed.backend).toBe('tensorflow');
    expect(speed.reason).toContain('TensorFlow');
    for (const value of [speed.matmulGflops, speed.imagesPerSecond, speed.firstStepMs, speed.reference.matmulGflops]) {
      expect(value).toBeGreaterThan(0);
    }
  });

  it('says of a GPU that it stays unused, why, and what to do', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const a100 = 'NVIDIA A100, GPU-a1, 40960, 40000, 550.54.15, 8.0';
    const old = 'Tesla K80, GPU-b2, 11441, 11441, 550.54.15, 3.7';
    await writeFile(join(bin, 'nvidia-smi'), `#!/bin/sh\necho "${a100}"\necho "${old}"\n`);
    await chmod(join(bin, 'nvidia-smi'), 0o755);
    const { gpus, problems } = await engineDoctor({ env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } });
    expect(gpus).toMatchObject([
      { uuid: 'GPU-a1', used: false, why: expect.stringContaining('computes on the processor') },
      { uuid: 'GPU-b2', used: false, why: expect.stringContaining('no kernels for compute capability 3.7') },
    ]);
    const remedyOf = (why?: string) => problems.find(({ problem }) => problem === why)?.remedy;
    expect(remedyOf(gpus[0]!.why)).toContain('distillery engine install');
    expect(remedyOf(gpus[1]!.why)).toContain('processor');
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
