import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { cpuFeatures } from './cpu-features.js';

/** What the processor's multipliers could do in float32 at best. */
export interface CpuPeak {
  gflops: number;
  /** Such as `2 cores × 2.45 GHz × 32 per clock (AVX2)`. */
  how: string;
}

export interface CpuFacts {
  flags: ReadonlySet<string>;
  vendor: string;
  /** Cores with multipliers of their own that this process may use. */
  cores: number;
  megahertz: number;
}

/**
 * Cores × clock × multiplications and additions per clock; `undefined` where the kernel does not list what is needed.
 * An estimate: the clock is the one that the machine names, and a processor that is cool and little used goes faster.
 */
export function cpuPeak({ flags, vendor, cores, megahertz }: CpuFacts): CpuPeak | undefined {
  const perClock = flopsPerClock(flags, vendor);
  if (!perClock || cores < 1 || !(megahertz > 0)) return undefined;
  const gigahertz = megahertz / 1000;
  return {
    gflops: cores * gigahertz * perClock.flops,
    how: `${cores} core${cores === 1 ? '' : 's'} × ${gigahertz.toFixed(2)} GHz × ${perClock.flops} per clock (${perClock.set})`,
  };
}

/**
 * Two multiply-add units, of 8 numbers with AVX2 (Intel from Haswell, AMD from Zen 2) or 16 with AVX-512 (Intel's servers;
 * AMD from Zen 5, which its AVX-VNNI tells from Zen 4, where one instruction takes two units): Agner Fog,
 * "The microarchitecture of Intel, AMD and VIA CPUs".
 */
function flopsPerClock(flags: ReadonlySet<string>, vendor: string): { flops: number; set: string } | undefined {
  if (!flags.has('fma')) return undefined;
  const wide = vendor === 'GenuineIntel' || flags.has('avx_vnni');
  if (flags.has('avx512f') && wide) return { flops: 64, set: 'AVX-512' };
  return flags.has('avx2') ? { flops: 32, set: 'AVX2' } : undefined;
}

/** Linux's; elsewhere `undefined`. */
export async function cpuFacts(
  cpuinfo = '/proc/cpuinfo',
  maximum = '/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq',
): Promise<CpuFacts | undefined> {
  const { flags } = await cpuFeatures(cpuinfo);
  const text = await readFile(cpuinfo, 'utf8').catch(() => '');
  const vendor = /^vendor_id\s*:\s*(\S+)/m.exec(text)?.[1];
  if (!flags || !vendor) return undefined;
  const kilohertz = Number(await readFile(maximum, 'utf8').catch(() => ''));
  const named = Math.max(0, ...[...text.matchAll(/^cpu MHz\s*:\s*([\d.]+)/gm)].map(([, value]) => Number(value)));
  const megahertz = kilohertz > 0 ? kilohertz / 1000 : named || (cpus()[0]?.speed ?? 0);
  // Two threads of a core share its multipliers.
  const ids = [...text.matchAll(/^physical id\s*:\s*(\d+)[^]*?^core id\s*:\s*(\d+)/gm)].map(([, a, b]) => `${a}/${b}`);
  const cores = Math.min(new Set(ids).size || availableParallelism(), availableParallelism());
  return { flags, vendor, cores, megahertz };
}
