import type { PredictMessage } from '#contracts';
import { predictImages } from '#pipelines';
import type { EventChannel } from './event-channel.js';
import { startEngine } from './start-engine.js';

/** Classifies images with a model folder; each is told as soon as it is known. */
export async function predict(task: PredictMessage, channel: EventChannel, signal: AbortSignal): Promise<void> {
  const engine = await startEngine(task, channel, signal);
  const { folder, images, topK } = task;
  for await (const prediction of predictImages(engine, folder, images, { topK, signal })) {
    channel.post({ type: 'prediction', prediction });
    await channel.flush();
  }
}
