import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Called between steps: lets the event loop read what has arrived (a cancellation comes as a message) and ends the run
 * where it has been aborted.
 * @throws the signal's reason
 */
export async function stayResponsive(signal: AbortSignal): Promise<void> {
  await nextTurn();
  signal.throwIfAborted();
}
