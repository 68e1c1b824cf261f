import type { Gpu } from './gpus.js';

/**
 * The GPUs that `CUDA_VISIBLE_DEVICES` leaves to a process: all where it is not set, else those that it lists by
 * `nvidia-smi`'s numbers or (the beginning of) their UUIDs, in its order. As CUDA does it, what follows an entry that
 * names no GPU does not count; `-1` and an empty value hide all.
 */
export function visibleGpus(gpus: readonly Gpu[], visibleDevices: string | undefined): Gpu[] {
  if (visibleDevices === undefined) return [...gpus];
  const visible: Gpu[] = [];
  for (const entry of visibleDevices.split(',').map((each) => each.trim())) {
    const found = /^\d+$/.test(entry) ? gpus[Number(entry)] : gpuByUuid(gpus, entry);
    if (!found) break;
    visible.push(found);
  }
  return visible;
}

function gpuByUuid(gpus: readonly Gpu[], entry: string): Gpu | undefined {
  // A part of a card (MIG): which one it belongs to cannot be told by its name, and they are alike in all but memory.
  if (entry.startsWith('MIG-') && gpus[0]) return { ...gpus[0], uuid: entry };
  return entry.startsWith('GPU-') ? gpus.find(({ uuid }) => uuid.startsWith(entry)) : undefined;
}
