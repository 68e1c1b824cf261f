const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "3 min. ago", "in 2 hr.", "just now". */
export function relativeTime(iso: string, now: number): string {
  const difference = Date.parse(iso) - now;
  const unit = UNITS.find(([, ms]) => Math.abs(difference) >= ms);
  if (unit === undefined) return difference > 10_000 ? 'in less than a minute' : 'just now';
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' }).format(
    Math.trunc(difference / unit[1]),
    unit[0],
  );
}

/** "24 Nov 2026, 04:48:25" in the viewer's zone, or in the named one. */
export function dateTime(iso: string, timeZone?: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone }).format(new Date(iso));
}

/** "Tue 24 Nov, 02:00" in the named zone. */
export function dueTime(iso: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(new Date(iso));
}

/** "04:48:25.120" in the viewer's zone. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
