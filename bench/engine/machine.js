import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What decides about the speed of matrix products. */
const FEATURES = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_bf16', 'amx_bf16', 'asimd', 'bf16', 'sve'];

/** Facts of this machine, for the record beside the figures. */
export function machineFacts() {
  const flags = cpuFlags();
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    features: FEATURES.filter((feature) => flags.has(feature)),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    // Of the last minute, before the measurement: above one, others were at work here.
    loadBefore: Number(os.loadavg()[0].toFixed(2)),
  };
}

function cpuFlags() {
  try {
    const [, flags] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return new Set(flags.split(' '));
  } catch {
    return new Set();
  }
}
