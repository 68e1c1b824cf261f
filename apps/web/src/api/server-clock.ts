/**
 * Durations of running runs are counted on the server's clock, estimated from the answers' Date headers: a viewer's
 * clock that is minutes off would otherwise show runs that started in the future.
 */
let offsetMs: number | undefined;

/** The header has whole seconds, so small differences say nothing and are ignored. */
const RESOLUTION_MS = 2000;

export function noteServerTime(dateHeader: string | null): void {
  if (dateHeader === null) return;
  const difference = Date.parse(dateHeader) - Date.now();
  if (!Number.isNaN(difference)) offsetMs = Math.abs(difference) < RESOLUTION_MS ? 0 : difference;
}

/** Milliseconds since the epoch on the server's clock. */
export function serverNow(): number {
  return Date.now() + (offsetMs ?? 0);
}
