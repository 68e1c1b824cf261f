import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/server-clock.js';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: number | undefined;
let now = 0;

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  timer ??= window.setInterval(() => {
    now = serverNow();
    for (const listener of listeners) listener();
  }, TICK_MS);
  return () => {
    listeners.delete(changed);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

function subscribeToNothing(): () => void {
  return () => undefined;
}

/**
 * Milliseconds since the epoch on the server's clock, ticking once a second; 0 while not `ticking`. All that ticks on a
 * page shares one timer.
 */
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : subscribeToNothing, () => {
    if (!ticking) return 0;
    if (timer === undefined) now = Math.floor(serverNow() / TICK_MS) * TICK_MS;
    return now;
  });
}
