import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuFacts, cpuPeak } from './cpu-peak.js';

describe('cpuPeak', () => {
  // By hand: cores × GHz × units × numbers × 2.
  it.each([
    ['AVX2', ['fma', 'avx2'], 'AuthenticAMD', 2, 2450, 2 * 2.45 * 2 * 8 * 2],
    ['AVX-512 of Intel', ['fma', 'avx2', 'avx512f'], 'GenuineIntel', 8, 3000, 8 * 3 * 2 * 16 * 2],
    ['AVX-512 of Zen 4', ['fma', 'avx2', 'avx512f'], 'AuthenticAMD', 1, 3000, 3 * 2 * 8 * 2],
    ['AVX-512 of Zen 5', ['fma', 'avx2', 'avx512f', 'avx_vnni'], 'AuthenticAMD', 1, 3000, 3 * 2 * 16 * 2],
  ])('counts %s', (_, flags, vendor, cores, megahertz, gflops) => {
    expect(cpuPeak({ flags: new Set(flags), vendor, cores, megahertz })?.gflops).toBeCloseTo(gflops, 6);
  });

  it('says how it was counted', () => {
    const facts = { flags: new Set(['fma', 'avx2']), vendor: 'AuthenticAMD', cores: 2, megahertz: 2445 };
    expect(cpuPeak(facts)?.how).toBe('2 cores × 2.44 GHz × 32 per clock (AVX2)');
  });

  it('is unknown without multiply-add or a clock', () => {
    const facts = { flags: new Set(['avx']), vendor: 'GenuineIntel', cores: 4, megahertz: 3000 };
    expect(cpuPeak(facts)).toBeUndefined();
    expect(cpuPeak({ ...facts, flags: new Set(['fma', 'avx2']), megahertz: 0 })).toBeUndefined();
  });
});

describe('cpuFacts', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distillery-cpu-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('counts cores, not their threads, and takes the highest clock that is named', async () => {
    const thread = (id: number, megahertz: number) =>
      `processor\t: ${id}\nvendor_id\t: GenuineIntel\ncpu MHz\t\t: ${megahertz}\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fma avx2\n`;
    await writeFile(join(folder, 'cpuinfo'), [thread(0, 2400), thread(1, 2800.5)].join('\n'));
    const facts = await cpuFacts(join(folder, 'cpuinfo'), join(folder, 'missing'));
    expect(facts).toEqual({ flags: new Set(['fma', 'avx2']), vendor: 'GenuineIntel', cores: 1, megahertz: 2800.5 });
    await writeFile(join(folder, 'maximum'), '3700000\n');
    expect((await cpuFacts(join(folder, 'cpuinfo'), join(folder, 'maximum')))?.megahertz).toBe(3700);
  });

  it('knows nothing where the kernel lists nothing', async () => {
    expect(await cpuFacts(join(folder, 'missing'))).toBeUndefined();
  });
});
