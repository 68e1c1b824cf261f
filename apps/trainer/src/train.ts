import type { Report, StartMessage } from '#contracts';
import { runPipeline } from '#pipelines';
import type { EventChannel } from './event-channel.js';
import type { OutputLeases } from './output-leases.js';
import { startEngine } from './start-engine.js';
import { TrainerContext } from './trainer-context.js';

/** Runs one attempt in the folder that it owns. */
export async function train(
  task: StartMessage,
  channel: EventChannel,
  signal: AbortSignal,
  leases: OutputLeases,
): Promise<Report> {
  const engine = await startEngine(task, channel, signal);
  return runPipeline({
    engine,
    spec: task.spec,
    seed: task.seed,
    context: new TrainerContext(task, channel, signal, leases),
    teacherFolder: task.teacher?.folder,
    ensembleFolders: task.ensemble?.map((member) => member?.folder),
  });
}
