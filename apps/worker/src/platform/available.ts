import type { Logger } from '#config';
import { OperationalError } from '#contracts';
import { DatabaseUnavailableError } from '#persistence';
import { persistently } from './persistently.js';

/** How often a person is told again that something is still waited for. */
const REMINDER_MS = 30_000;

/**
 * Waits for a service that is away, with a line that says so. What will not come by waiting (a wrong password, say) is
 * thrown; so is the signal's reason once it is aborted.
 */
export async function available<T>(
  what: string,
  connect: () => Promise<T>,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<T> {
  let told = -Infinity;
  const onRetry = (error: Error) => {
    if (performance.now() - told < REMINDER_MS) return;
    told = performance.now();
    const { remedy } = error as { remedy?: string };
    logger.warn(`waiting for ${what}: ${error.message}`, ...(remedy === undefined ? [] : [{ remedy }]));
  };
  const mayPass = (error: unknown) => error instanceof DatabaseUnavailableError || error instanceof OperationalError;
  try {
    const service = await persistently(connect, { mayPass, signal, firstPauseMs: 250, longestPauseMs: 5000, onRetry });
    if (told > 0) logger.info(`${what} is there`);
    return service;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
