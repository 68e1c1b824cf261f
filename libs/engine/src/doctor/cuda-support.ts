import { isAtLeast } from '../install/platform.js';
import type { Gpu } from './gpus.js';

/**
 * The oldest driver that runs programs of CUDA 12, whatever its minor version: NVIDIA's table "CUDA Toolkit and Minimum
 * Required Driver Version for CUDA Minor Version Compatibility" (CUDA release notes).
 */
export const MINIMUM_DRIVER = '525.60.13';
/** TensorFlow 2.21's wheel has kernels for these: `cuda_compute_capabilities` in its `build_info.py`. */
const CAPABILITIES = { least: '6.0', beyond: '10.0' };

export interface GpuProblem {
  problem: string;
  remedy: string;
  /** Newer than what TensorFlow was made for: an engine for GPUs is installed only by name, and then tries. */
  untried?: boolean;
}

/** What keeps TensorFlow from computing on a GPU, or `undefined`. */
export function cudaProblem({ name, driver, computeCapability }: Gpu): GpuProblem | undefined {
  if (!isAtLeast(driver, MINIMUM_DRIVER)) {
    return {
      problem: `${name}: its driver ${driver} is too old, TensorFlow needs ${MINIMUM_DRIVER} or newer`,
      remedy: 'Install a newer NVIDIA driver, then run "distillery engine install".',
    };
  }
  if (computeCapability === undefined) return undefined;
  if (!isAtLeast(computeCapability, CAPABILITIES.least)) {
    return {
      problem: `${name}: TensorFlow has no kernels for compute capability ${computeCapability}, only from ${CAPABILITIES.least} on`,
      remedy: 'Runs use the processor.',
    };
  }
  if (isAtLeast(computeCapability, CAPABILITIES.beyond)) {
    return {
      problem: `${name}: compute capability ${computeCapability} is newer than this TensorFlow's kernels`,
      remedy: 'Runs use the processor. To try the GPU: "distillery engine install --accelerator gpu".',
      untried: true,
    };
  }
  return undefined;
}
