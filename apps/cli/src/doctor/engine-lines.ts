import type { GpuReport, SpeedCheck } from '#engine';
import type { SlotPlan } from '#trainer-process';
import { bytes } from '../terminal/units.js';

/** What the doctors say of one GPU. */
export function gpuLine({ name, memoryBytes, freeBytes, driver, computeCapability, used }: GpuReport): string {
  const capability = computeCapability === undefined ? '' : `, compute capability ${computeCapability}`;
  const memory = `${bytes(freeBytes)} of ${bytes(memoryBytes)} free`;
  return `${name} (${memory}, driver ${driver}${capability}): ${used ? 'used' : 'unused'}`;
}

/** How trainers share the machine. */
export function trainersLine({ slots, threads, gpus }: SlotPlan): string {
  const each = `${threads} thread${threads === 1 ? '' : 's'}`;
  const on = gpus.length === 0 ? '' : ` and a GPU${new Set(gpus).size < slots ? ', which some share' : ''}`;
  return `${slots} at once, each with ${each}${on} (WORKER_SLOTS, DISTILLERY_THREADS)`;
}

/** What the engine reaches, beside numbers to judge it by. */
export function speedLines(speed: SpeedCheck): string[] {
  if ('failed' in speed) return [`not measured: ${speed.failed}`];
  const { matmulGflops, imagesPerSecond, firstStepMs, peak, reference, load } = speed;
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const onGpu = speed.reason.includes('the GPU');
  const part =
    peak === undefined || onGpu
      ? ''
      : `, ${Math.round((100 * matmulGflops) / peak.gflops)} % of ${whole(peak.gflops)} (${peak.how})`;
  return [
    `matrix product ${whole(matmulGflops)} GFLOP/s${part}`,
    `training step ${whole(imagesPerSecond)} images/s, the first after ${(firstStepMs / 1000).toFixed(1)} s`,
    `for comparison: ${whole(reference.matmulGflops)} GFLOP/s, ${whole(reference.imagesPerSecond)} images/s on ${reference.machine}`,
    ...(load > speed.threads ? [`measured while other programs ran (load ${load.toFixed(1)})`] : []),
  ];
}
