import { isAtLeast } from '../install/platform.js';
import { cacheFolder } from '../install/cache-folder.js';
import { findEngine } from '../install/find-engine.js';
import { setOneDnn } from '../load/onednn.js';
import { cpuFeatures } from './cpu-features.js';
import { type GpuSurroundings, usableGpus } from './usable-gpus.js';

export interface Bfloat16Advice {
  /** Whether training with `precision: 'bfloat16'` is faster than with float32 on this machine. */
  pays: boolean;
  /** Why, in one line. */
  reason: string;
}

/** Instruction sets that multiply bfloat16 numbers, by the kernel's names. */
const BFLOAT16_FLAGS = ['amx_bf16', 'avx512_bf16'];
/** NVIDIA's Ampere, the first whose tensor cores do (CUDA C++ Programming Guide, "Compute Capabilities"). */
const BFLOAT16_CAPABILITY = '8.0';

/**
 * Whether this machine gains from bfloat16, and why: the GPU decides where the engine computes on one, else the
 * processor. On other processors TensorFlow converts every number back and forth, which is slower than float32.
 * A few ms; where the engine is the one for GPUs, as long as `nvidia-smi` takes.
 */
export async function bfloat16Advice({
  flags,
  ...surroundings
}: GpuSurroundings & { flags?: ReadonlySet<string> } = {}): Promise<Bfloat16Advice> {
  const { cache = cacheFolder(), env = process.env } = surroundings;
  if (!(await findEngine(cache))) return { pays: false, reason: 'bfloat16 is TensorFlow’s, which is not installed' };
  const [gpu] = await usableGpus({ cache, env });
  if (gpu) {
    const { name, computeCapability = '0' } = gpu;
    const pays = isAtLeast(computeCapability, BFLOAT16_CAPABILITY);
    const reason = `the GPU (${name}, compute capability ${computeCapability}) has ${pays ? '' : 'no '}units for bfloat16`;
    return { pays, reason };
  }
  if (setOneDnn({ ...env }) === false) return { pays: false, reason: 'TF_ENABLE_ONEDNN_OPTS turns oneDNN off' };
  const known = flags ?? (await cpuFeatures()).flags;
  const flag = BFLOAT16_FLAGS.find((name) => known?.has(name));
  if (flag) return { pays: true, reason: `the processor multiplies bfloat16 (${flag})` };
  return { pays: false, reason: `the processor has neither ${BFLOAT16_FLAGS.join(' nor ')}` };
}

/** As `bfloat16Advice`, without the reason. */
export async function bfloat16Pays(surroundings: GpuSurroundings = {}): Promise<boolean> {
  return (await bfloat16Advice(surroundings)).pays;
}
