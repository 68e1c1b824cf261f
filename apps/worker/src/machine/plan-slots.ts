import os from 'node:os';

export interface Machine {
  cores: number;
  /** Memory that this process and its trainers may use, bytes. */
  memoryBytes: number;
}

export interface SlotPlan {
  /** Runs at once. */
  slots: number;
  /** Threads of each slot's trainer. */
  threads: number;
}

/** What a trainer is expected to need: TensorFlow, a backbone, decoded images and a batch's activations. Bytes. */
const TRAINER_BYTES = 2 * 2 ** 30;
/** Beyond it, more threads per trainer serve people better than more runs at once: nobody waits days for one run. */
const MOST_SLOTS = 8;

/**
 * How a machine is shared among trainers. One-thread trainers come first, because two of them train more images per
 * second than one with two threads (measured on two cores: 2,033 to 1,550 for ResNet-8, 264 to 207 for fine-tuning).
 */
export function planSlots(machine: Machine, wanted: Partial<SlotPlan> = {}): SlotPlan {
  const { cores, memoryBytes } = machine;
  const byCores = Math.floor(cores / (wanted.threads ?? 1));
  const byMemory = Math.floor(memoryBytes / TRAINER_BYTES);
  const slots = wanted.slots ?? Math.max(1, Math.min(byCores, byMemory, MOST_SLOTS));
  return { slots, threads: wanted.threads ?? Math.max(1, Math.floor(cores / slots)) };
}

export function thisMachine(): Machine {
  // Of a container; 0 or more than there is where it has no limit.
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
  return { cores: os.availableParallelism(), memoryBytes };
}
