import { setTimeout as delay } from 'node:timers/promises';
import type { LeaseOptions } from './output-store.js';

const LOOK_EVERY_MS = 1000;

/**
 * Waits for a lease to do work under, and stops waiting once `satisfied` says that there is nothing left to do.
 * @param lease takes the lease and does the work, or throws once its signal is aborted
 * @returns what the work returns, `undefined` where it was not needed
 */
export async function untilSatisfied<T>(
  work: () => Promise<T>,
  options: LeaseOptions,
  lease: (work: () => Promise<T>, options: LeaseOptions) => Promise<T>,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<T | undefined> {
  const enough = new AbortController();
  const over = new AbortController();
  const look = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // What cannot be looked at now can be later; the work itself would say why.
      const satisfied = await options.satisfied?.().catch(() => false);
      if (satisfied && !over.signal.aborted) return enough.abort();
      await delay(lookEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  let looking: Promise<void> | undefined;
  const onWait = (holder?: string): void => {
    options.onWait?.(holder);
    if (options.satisfied !== undefined) looking ??= look();
  };
  try {
    const begin = () => {
      over.abort();
      return work();
    };
    return await lease(begin, { ...options, onWait, signal: AbortSignal.any([options.signal, enough.signal]) });
  } catch (error) {
    const begun = over.signal.aborted;
    if (enough.signal.aborted && !begun && !options.signal.aborted) return undefined;
    throw error;
  } finally {
    over.abort();
    await looking;
  }
}
