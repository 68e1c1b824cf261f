import type { CliConfig } from '#config';
import type { EngineReport } from '#engine';
import { planSlots, thisMachine, type SlotPlan } from '#trainer-process';

/** How a worker on this machine would share it among its trainers. */
export function trainersOf({ gpus }: EngineReport, { slots, threads }: CliConfig): SlotPlan {
  const used = gpus.filter((gpu) => gpu.used).map(({ uuid }) => uuid);
  return planSlots({ ...thisMachine(), gpus: used }, { slots, threads: threads || undefined });
}
