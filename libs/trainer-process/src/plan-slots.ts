import os from 'node:os';

export interface Machine {
  cores: number;
  /** Memory that this process and its trainers may use, bytes. */
  memoryBytes: number;
  /** The GPUs that trainers can compute on, by what `CUDA_VISIBLE_DEVICES` takes. */
  gpus?: readonly string[];
}

export interface SlotPlan {
  /** Runs at once. */
  slots: number;
  /** Threads of each slot's trainer. */
  threads: number;
  /** The GPU of each slot; empty where trainers compute on the processor. */
  gpus: readonly string[];
}

/** What a trainer is expected to need: TensorFlow, a backbone, decoded images and a batch's activations. Bytes. */
const TRAINER_BYTES = 2 * 2 ** 30;
/** Beyond it, more threads per trainer serve people better than more runs at once: nobody waits days for one run. */
const MOST_SLOTS = 8;

/**
 * How a machine is shared among trainers: one for each GPU; without GPUs one-thread trainers come first, because two of
 * them train more images per second than one with two threads (docs/engine.md has what was measured). More slots than
 * GPUs share them in turn.
 */
export function planSlots(machine: Machine, wanted: { slots?: number; threads?: number } = {}): SlotPlan {
  const { cores, memoryBytes, gpus = [] } = machine;
  const byCores = Math.floor(cores / (wanted.threads ?? 1));
  const byMemory = Math.floor(memoryBytes / TRAINER_BYTES);
  const slots = wanted.slots ?? (gpus.length || Math.max(1, Math.min(byCores, byMemory, MOST_SLOTS)));
  return {
    slots,
    threads: wanted.threads ?? Math.max(1, Math.floor(cores / slots)),
    gpus: gpus.length === 0 ? [] : Array.from({ length: slots }, (_, slot) => gpus[slot % gpus.length]!),
  };
}

export function thisMachine(): Machine {
  // Of a container; 0 or more than there is where it has no limit.
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
  return { cores: os.availableParallelism(), memoryBytes };
}
