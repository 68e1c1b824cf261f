import { cacheFolder } from '../install/cache-folder.js';
import { findEngine } from '../install/find-engine.js';
import { cudaProblem } from './cuda-support.js';
import { findGpus, type Gpu } from './gpus.js';
import { visibleGpus } from './visible-gpus.js';

export interface GpuSurroundings {
  cache?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * The GPUs that the engine would compute on, best asked before a process is started: those of the machine that
 * TensorFlow can use and `CUDA_VISIBLE_DEVICES` shows. None where the engine that is installed is the one for the CPU,
 * which takes a few ms to find out; `nvidia-smi` takes up to a second.
 */
export async function usableGpus({ cache = cacheFolder(), env = process.env }: GpuSurroundings = {}): Promise<Gpu[]> {
  if ((await findEngine(cache))?.accelerator !== 'gpu') return [];
  return visibleGpus(await findGpus(env), env.CUDA_VISIBLE_DEVICES).filter((gpu) => {
    const problem = cudaProblem(gpu);
    return problem === undefined || problem.untried;
  });
}
