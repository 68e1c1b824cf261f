import type { Failure } from '#contracts';

/** Attempts that failures of a class may use up; an error of the user's is never tried again. */
const ATTEMPTS: Record<Failure['class'], number> = { user: 1, operational: 3, bug: 2 };

/** Attempts that may be lost with their worker before the run itself is suspected of killing workers. */
export const MAX_LOSSES = 5;

const FIRST_DELAY_MS = 10_000;

/**
 * What follows the `failures`-th failed attempt (from 1): another attempt after a delay in milliseconds, or `undefined`
 * where the run has failed. Operational errors back off by 4: 10 s, 40 s. A bug is tried once more at once.
 */
export function delayBeforeRetry(failure: Failure, failures: number): number | undefined {
  if (failures >= ATTEMPTS[failure.class]) return undefined;
  return failure.class === 'operational' ? FIRST_DELAY_MS * 4 ** (failures - 1) : 0;
}
