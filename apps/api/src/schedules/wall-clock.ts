/** A time as a zone's clocks show it: the milliseconds since the epoch at which UTC's clocks show the same. */
export type WallTime = number;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of an IANA zone show at an instant (milliseconds since the epoch), to the second. */
export function wallTimeAt(timeZone: string, instantMs: number): WallTime {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(timeZone, format);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instantMs)) parts[type] = Number(value);
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
}

/** Wall clock minus UTC, milliseconds. */
export function offsetAt(timeZone: string, instantMs: number): number {
  const second = Math.floor(instantMs / 1000) * 1000;
  return wallTimeAt(timeZone, second) - second;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether the zone's clocks are changed within a day of an instant. */
export function isNearChange(timeZone: string, instantMs: number): boolean {
  return offsetAt(timeZone, instantMs - DAY_MS) !== offsetAt(timeZone, instantMs + DAY_MS);
}

/**
 * The instants at which the zone's clocks show a time: one, two where it is repeated (clocks set back), the earlier
 * first; none where it is left out (clocks set forward), and then `shifted` is as long after the change as the time is
 * into the gap.
 */
export function instantsOf(timeZone: string, wall: WallTime): { shown: number[]; shifted: number } {
  const before = offsetAt(timeZone, wall - DAY_MS);
  const after = offsetAt(timeZone, wall + DAY_MS);
  const candidates = [...new Set([wall - before, wall - after])].sort((a, b) => a - b);
  return {
    shown: candidates.filter((instant) => wallTimeAt(timeZone, instant) === wall),
    shifted: wall - before,
  };
}
