import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

export interface CpuFeatures {
  model: string;
  /** The kernel's names of what the processor can, or `undefined` where it does not list them. */
  flags?: ReadonlySet<string>;
}

/** Reads the processor's name and instruction sets; `/proc/cpuinfo` is Linux's. */
export async function cpuFeatures(file = '/proc/cpuinfo'): Promise<CpuFeatures> {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(text)?.[1];
  return { model, flags: line ? new Set(line.trim().split(/\s+/)) : undefined };
}
