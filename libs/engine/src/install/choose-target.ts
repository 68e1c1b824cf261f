import { cudaProblem } from '../doctor/cuda-support.js';
import { type Gpu, searchGpus } from '../doctor/gpus.js';
import { EngineInstallError } from './install-error.js';
import { cudaTarget, type EngineTarget, engineTarget, type Machine, thisMachine } from './platform.js';

export const ACCELERATORS = ['auto', 'cpu', 'gpu'] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

export interface ChosenTarget {
  target: EngineTarget;
  /** Why the machine's GPU stays unused, in one line; `undefined` where it has none, or its use was not wanted. */
  note?: string;
}

export interface TargetSurroundings {
  env?: NodeJS.ProcessEnv;
  machine?: Machine;
  /** What the machine's GPUs are, where it is known already. */
  gpus?: Gpu[];
}

/**
 * Which engine a machine gets. `auto`: the one for GPUs where `nvidia-smi` lists one that TensorFlow can compute on, else
 * the one for the CPU. `gpu` takes the former on any machine with a GPU, whatever its age.
 * @throws EngineInstallError `unsupported-platform`, or `no-gpu` where one was asked for
 */
export async function chooseTarget(
  accelerator: Accelerator,
  { env = process.env, machine = thisMachine(), gpus }: TargetSurroundings = {},
): Promise<ChosenTarget> {
  const cpu = engineTarget(machine);
  if (accelerator === 'cpu') return { target: cpu };
  const cuda = cudaTarget(machine);
  const found = gpus ? { gpus } : await searchGpus(env);
  if (found.gpus.length === 0) {
    if (accelerator === 'gpu') throw noGpu(found.problem ?? 'No NVIDIA GPU was found: nvidia-smi is missing');
    return { target: cpu, note: found.problem && `${found.problem}; the engine for the processor is installed` };
  }
  if (!cuda) {
    const why = `TensorFlow computes on NVIDIA's GPUs on linux-x64 only, this is ${machine.platform}-${machine.arch}`;
    if (accelerator === 'gpu') throw noGpu(why);
    return { target: cpu, note: why };
  }
  const problems = found.gpus.flatMap((gpu) => cudaProblem(gpu) ?? []);
  if (accelerator === 'gpu' || problems.length < found.gpus.length) return { target: cuda };
  return { target: cpu, note: `${problems[0]!.problem}; the engine for the processor is installed` };
}

function noGpu(why: string): EngineInstallError {
  return new EngineInstallError('no-gpu', why, {
    remedy: 'Install NVIDIA’s driver, or take the processor: "distillery engine install --accelerator cpu".',
  });
}
