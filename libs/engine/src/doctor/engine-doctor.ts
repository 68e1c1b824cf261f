import { access, constants, mkdir } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { Backend } from '../engine.js';
import { cacheFolder } from '../install/cache-folder.js';
import { checkBinding } from '../install/check-binding.js';
import { bindingSources, findSystemCompiler } from '../install/compile-binding.js';
import { findEngine, type InstalledEngine } from '../install/find-engine.js';
import { EngineInstallError, firstLine } from '../install/install-error.js';
import { findPip } from '../install/pip.js';
import { cudaTarget, engineTarget } from '../install/platform.js';
import { setOneDnn } from '../load/onednn.js';
import { type Bfloat16Advice, bfloat16Advice } from './bfloat16-pays.js';
import { checkSpeed, type SpeedCheck } from './check-speed.js';
import { cpuFeatures } from './cpu-features.js';
import { cudaProblem } from './cuda-support.js';
import { type Gpu, searchGpus } from './gpus.js';
import { visibleGpus } from './visible-gpus.js';

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
  gpus: GpuReport[];
  /** Whether TensorFlow's oneDNN kernels are used; `undefined` where TensorFlow decides, or does not run. */
  oneDnn?: boolean;
  bfloat16: Bfloat16Advice;
  /** What the engine reaches here; `undefined` where it was not asked for. */
  speed?: SpeedCheck;
  /** pip's version, and the C++ compiler's name: what an installation would use. */
  pip?: string;
  compiler?: string;
  /** What is wrong or slower than it could be, most serious first, each with what to do about it. */
  problems: EngineProblem[];
}

export interface GpuReport extends Gpu {
  /** Whether the engine computes on it. */
  used: boolean;
  /** Why not. */
  why?: string;
}

export interface DoctorOptions {
  cache?: string;
  env?: NodeJS.ProcessEnv;
  /** Measure what the engine reaches, which takes two seconds of the whole machine. */
  speed?: boolean;
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
/** Below this part of what the processor could do, something else is in the way: a quiet machine reaches 60 % and more. */
const SLOW_PART = 0.35;

/** Looks at the machine and says what the engine would do on it. Loads nothing into this process, installs nothing. */
export async function engineDoctor({
  cache = cacheFolder(),
  env = process.env,
  speed: wantsSpeed = false,
}: DoctorOptions = {}): Promise<EngineReport> {
  const load = loadavg()[0] ?? 0;
  const [installed, { model, flags }, search, pip, compiler, writable] = await Promise.all([
    findEngine(cache),
    cpuFeatures(),
    searchGpus(env),
    findPip(env),
    findSystemCompiler(env),
    isWritable(cache),
  ]);
  const problems: EngineProblem[] = [];
  const add = (severity: EngineProblem['severity'], problem: string, remedy: string) =>
    problems.push({ severity, problem, remedy });

  const unsupported = unsupportedPlatform();
  const checked = installed ? await check(installed) : undefined;
  const broken = checked?.broken;
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
  if (search.problem) {
    add('note', search.problem, 'Install NVIDIA’s driver, then run "distillery engine install"; or leave it unused.');
  }
  const gpus = gpuReports(search.gpus, installed, checked?.usesGpu ?? false, env);
  for (const { remedy, why } of gpus) if (why && remedy) add('note', why, remedy);
  const oneDnn = installed && setOneDnn({ ...env });
  if (oneDnn === false) {
    add('note', 'TF_ENABLE_ONEDNN_OPTS turns oneDNN off, which trains faster', 'Unset it, or set it to 1.');
  }
  if (freemem() < LITTLE_MEMORY_BYTES) {
    add(
      'note',
      `Only ${(freemem() / 1e9).toFixed(1)} GB of memory are free`,
      'Lower training.batchSize or image.size.',
    );
  }
  const works = installed !== undefined && !unsupported && !noAvx && !broken;
  // Last, so that nothing else of ours keeps the machine busy.
  const speed = wantsSpeed ? await checkSpeed(load, { ...env, DISTILLERY_CACHE: cache }) : undefined;
  if (speed && works) problems.push(...speedProblems(speed, gpus));
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
    gpus: gpus.map(({ remedy: _, ...gpu }) => gpu),
    oneDnn,
    bfloat16: await bfloat16Advice({ cache, env, flags }),
    speed,
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

async function check({ folder }: InstalledEngine): Promise<{ broken?: string; usesGpu: boolean }> {
  return checkBinding(folder).catch((error: unknown) => ({ broken: firstLine(error), usesGpu: false }));
}

function gpuReports(
  gpus: Gpu[],
  installed: InstalledEngine | undefined,
  usesGpu: boolean,
  env: NodeJS.ProcessEnv,
): (GpuReport & { remedy?: string })[] {
  const visible = new Set(visibleGpus(gpus, env.CUDA_VISIBLE_DEVICES).map(({ uuid }) => uuid));
  return gpus.map((gpu) => {
    const unused = (why: string, remedy?: string) => ({ ...gpu, used: false, why, remedy });
    const problem = cudaProblem(gpu);
    if (problem && !problem.untried) return unused(problem.problem, problem.remedy);
    if (!visible.has(gpu.uuid)) return unused(`${gpu.name}: CUDA_VISIBLE_DEVICES hides it`);
    if (installed?.accelerator !== 'gpu') {
      if (problem) return unused(problem.problem, problem.remedy);
      if (!cudaTarget()) {
        return unused(`${gpu.name}: TensorFlow computes on NVIDIA’s GPUs on linux-x64 only`, 'Runs use the processor.');
      }
      return unused(
        `${gpu.name}: the engine that is installed computes on the processor`,
        'Run "distillery engine install": it fetches 2.5 GB.',
      );
    }
    if (usesGpu) return { ...gpu, used: true };
    return unused(
      `${gpu.name}: TensorFlow does not find it, although its engine is installed`,
      'See that "nvidia-smi" works here; a container must be started with the GPUs ("docker run --gpus all").',
    );
  });
}

function speedProblems(speed: SpeedCheck, gpus: readonly GpuReport[]): EngineProblem[] {
  const note = (problem: string, remedy: string): EngineProblem => ({ severity: 'note', problem, remedy });
  if ('failed' in speed) {
    return [note(`The speed could not be measured: ${speed.failed}`, 'Run "distillery engine install --force".')];
  }
  if (gpus.some(({ used }) => used) || !speed.peak) return [];
  const part = speed.matmulGflops / speed.peak.gflops;
  if (part >= SLOW_PART) return [];
  const percent = `${Math.round(100 * part)} %`;
  return [
    note(
      `Matrix products reach ${percent} of what this processor can do (load ${speed.load.toFixed(1)})`,
      'Look for other programs that compute, and for a limit of the container’s processor time.',
    ),
  ];
}

async function isWritable(folder: string): Promise<boolean> {
  return mkdir(folder, { recursive: true })
    .then(() => access(folder, constants.W_OK))
    .then(
      () => true,
      () => false,
    );
}
