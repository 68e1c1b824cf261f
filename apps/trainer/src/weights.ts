import type { WeightsMessage } from '#contracts';
import { convertWeights, inspectWeights } from '#pipelines';
import type { EventChannel } from './event-channel.js';
import { startEngine } from './start-engine.js';

/** Looks at a file of weights, or writes it as something else; only the latter needs an engine. */
export async function weights(task: WeightsMessage, channel: EventChannel, signal: AbortSignal): Promise<void> {
  const { file, convert, cacheFolder, weightsMirror } = task;
  const report =
    convert === undefined
      ? await inspectWeights(file)
      : await convertWeights(await startEngine(task, channel, signal), file, convert, {
          cacheFolder,
          weightsMirror,
          signal,
        });
  channel.post({ type: 'weights', report });
}
