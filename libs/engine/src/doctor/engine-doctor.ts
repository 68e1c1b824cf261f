import { access, constants, mkdir } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { Backend } from '../engine.js';
import { cacheFolder } from '../install/cache-folder.js';
import { checkBinding } from '../install/check-binding.js';
import { bindingSources, findSystemCompiler } from '../install/compile-binding.js';
import { findEngine, type InstalledEngine } from '../install/find-engine.js';
import { EngineInstallError, firstLine } from '../install/install-error.js';
import { findPip } from '../install/pip.js';
import { engineTarget } from '../install/platform.js';
import { cpuFeatures } from './cpu-features.js';
import { findGpus, type Gpu } from './gpus.js';

export interface EngineReport {
  /** What `loadEngine()` would take here, and why. */
  backend: Backend;
  reason: string;
  installed?: InstalledEngine;
  cacheFolder: string;
  node: string;
  tfjs: string;
  platform: string;
  cpu: { model: string; threads: number; features: Record<CpuFeature, boolean> };
  memory: { totalBytes: number; freeBytes: number };
  gpus: Gpu[];
  /** pip's version, and the C++ compiler's name: what an installation would use. */
  pip?: string;
  compiler?: string;
  /** What is wrong or slower than it could be, most serious first, each with what to do about it. */
  problems: EngineProblem[];
}

export interface EngineProblem {
  /** `error`: training is far slower than it could be; `note`: worth knowing. */
  severity: 'error' | 'note';
  problem: string;
  remedy: string;
}

/** The kernel's names of the instruction sets that matter to training speed. */
const CPU_FEATURES = {
  avx: ['avx'],
  avx2: ['avx2'],
  avx512: ['avx512f'],
  bf16: ['avx512_bf16', 'bf16'],
  amx: ['amx_tile'],
};
export type CpuFeature = keyof typeof CPU_FEATURES;

const LITTLE_MEMORY_BYTES = 2e9;

/** Looks at the machine and says what the engine would do on it. Loads nothing into this process, installs nothing. */
export async function engineDoctor({
  cache = cacheFolder(),
  env = process.env,
}: { cache?: string; env?: NodeJS.ProcessEnv } = {}): Promise<EngineReport> {
  const [installed, { model, flags }, gpus, pip, compiler, writable] = await Promise.all([
    findEngine(cache),
    cpuFeatures(),
    findGpus(env),
    findPip(env),
    findSystemCompiler(env),
    isWritable(cache),
  ]);
  const problems: EngineProblem[] = [];
  const add = (severity: EngineProblem['severity'], problem: string, remedy: string) =>
    problems.push({ severity, problem, remedy });

  const unsupported = unsupportedPlatform();
  const broken = installed ? await whyBroken(installed) : undefined;
  const noAvx = process.arch === 'x64' && flags !== undefined && !flags.has('avx');
  if (unsupported) add('error', unsupported.message, unsupported.remedy ?? '');
  else if (noAvx) add('error', 'This processor has no AVX, which TensorFlow needs', 'Train on another machine.');
  else if (broken) add('error', broken, 'Run "distillery engine install --force".');
  else if (!installed) {
    if (!pip) add('error', 'pip was not found', 'Install Python 3 with pip (Debian: apt install python3-pip).');
    if (!writable)
      add('error', `The cache folder ${cache} cannot be written`, 'Set DISTILLERY_CACHE to another folder.');
    add('error', 'TensorFlow is not installed', 'Run "distillery engine install".');
  }
  if (gpus.length > 0) {
    add('note', `${gpus.length} NVIDIA GPU(s) stay unused`, 'The engine that is installed here computes on the CPU.');
  }
  if (freemem() < LITTLE_MEMORY_BYTES) {
    add(
      'note',
      `Only ${(freemem() / 1e9).toFixed(1)} GB of memory are free`,
      'Lower training.batchSize or image.size.',
    );
  }
  const works = installed !== undefined && !unsupported && !noAvx && !broken;
  return {
    backend: works ? 'tensorflow' : 'wasm',
    reason: works
      ? `TensorFlow ${installed.tensorflow}, compiled with ${installed.compiler}`
      : `WebAssembly, since TensorFlow is not usable: ${problems[0]?.problem ?? ''}`,
    installed,
    cacheFolder: cache,
    node: process.version,
    tfjs: bindingSources().version,
    platform: `${process.platform}-${process.arch}`,
    cpu: {
      model,
      threads: availableParallelism(),
      features: Object.fromEntries(
        Object.entries(CPU_FEATURES).map(([feature, names]) => [feature, names.some((name) => flags?.has(name))]),
      ) as Record<CpuFeature, boolean>,
    },
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    gpus,
    pip: pip?.version,
    compiler: compiler?.name,
    problems,
  };
}

function unsupportedPlatform(): EngineInstallError | undefined {
  try {
    engineTarget();
    return undefined;
  } catch (error) {
    if (error instanceof EngineInstallError) return error;
    throw error;
  }
}

async function whyBroken({ folder }: InstalledEngine): Promise<string | undefined> {
  return checkBinding(folder).then(
    () => undefined,
    (error: unknown) => firstLine(error),
  );
}

async function isWritable(folder: string): Promise<boolean> {
  return mkdir(folder, { recursive: true })
    .then(() => access(folder, constants.W_OK))
    .then(
      () => true,
      () => false,
    );
}
