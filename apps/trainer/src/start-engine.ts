import type { PredictMessage, StartMessage } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import type { EventChannel } from './event-channel.js';

/**
 * Loads the engine that was asked for and says which one it became. Threads and log level reach TensorFlow through the
 * environment, which `loadEngine` sets before it loads the native library.
 */
export async function startEngine(
  { engine: backend, threads }: Pick<StartMessage | PredictMessage, 'engine' | 'threads'>,
  channel: EventChannel,
  signal: AbortSignal,
): Promise<Engine> {
  signal.throwIfAborted();
  const engine = await loadEngine({ backend, threads: threads === 0 ? undefined : threads });
  const { version, reason } = engine;
  channel.post({ type: 'started', engine: { backend: engine.backend, version, reason, threads: engine.threads } });
  // Loading took a second or more of this thread: a cancellation may have come.
  await channel.flush();
  signal.throwIfAborted();
  return engine;
}
