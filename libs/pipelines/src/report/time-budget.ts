/** How long the parts of a report may take together. */
export interface TimeBudget {
  readonly seconds: number;
  isSpent(): boolean;
}

/** Begins now. */
export function timeBudget(seconds: number, now: () => number = () => performance.now()): TimeBudget {
  const end = now() + seconds * 1000;
  return { seconds, isSpent: () => now() >= end };
}
