import { setTimeout as sleep } from 'node:timers/promises';

export interface Persistence {
  /** Whether an error may pass by itself; any other one is thrown at once. */
  mayPass(error: unknown): boolean;
  /** Aborted: no more tries; the last error is thrown. */
  signal?: AbortSignal;
  /** Tries for this long, ms. Default: without end. */
  forMs?: number;
  firstPauseMs?: number;
  longestPauseMs?: number;
  /** Called after each failed try that another one follows. */
  onRetry?(error: Error): void;
}

/** Does the work again, with growing pauses, until it succeeds or its error is not one that passes. */
export async function persistently<T>(work: () => Promise<T>, options: Persistence): Promise<T> {
  const { mayPass, signal, forMs = Infinity, firstPauseMs = 100, longestPauseMs = 2000, onRetry } = options;
  const begun = performance.now();
  const isStopped = () => signal?.aborted === true;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** tries);
      const late = performance.now() + pause - begun > forMs;
      if (!mayPass(error) || isStopped() || late) throw error;
      onRetry?.(error as Error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (isStopped()) throw error;
    }
  }
}
