import { CronExpressionParser } from 'cron-parser';
import { nearest } from '#contracts';
import { instantsOf, isNearChange, offsetAt, wallTimeAt } from './wall-clock.js';

/** When a schedule is due. */
export interface Timetable {
  /** Five fields (minute hour day month weekday), or a macro. */
  cron: string;
  /** IANA zone. */
  timeZone: string;
}

const MACROS = ['@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@annually', '@weekdays', '@weekends'];
const FIELDS = 'write five fields (minute, hour, day of month, month, weekday) such as "30 2 * * *"';
const HINT = `${FIELDS}, or one of ${MACROS.join(', ')}`;

/** No change of a zone's clocks is larger, in practice. Milliseconds. */
const LARGEST_CHANGE_MS = 3 * 60 * 60 * 1000;

/** What is wrong with an expression and what to write instead; `undefined` where nothing is. */
export function cronProblem(cron: string): string | undefined {
  if (cron.startsWith('@')) {
    if (MACROS.includes(cron)) return undefined;
    const hint = nearest(cron, MACROS);
    return `is not a macro${hint === undefined ? '' : `; did you mean "${hint}"?`}: ${HINT}`;
  }
  const count = cron.trim() === '' ? 0 : cron.trim().split(/\s+/).length;
  if (count !== 5) return `has ${count} ${count === 1 ? 'field' : 'fields'}: ${HINT}`;
  if (/(^|[\s,])H/.test(cron)) return `must say its times, not "H" for any: ${HINT}`;
  try {
    CronExpressionParser.parse(cron, { tz: 'UTC' }).next();
    return undefined;
  } catch (error) {
    return `is no cron expression (${(error as Error).message}): ${HINT}`;
  }
}

/** What is wrong with a zone and what to write instead; `undefined` where nothing is. */
export function timeZoneProblem(timeZone: string): string | undefined {
  const hint = 'write an IANA zone such as "Europe/Berlin" or "UTC"';
  if (!/^[a-z]/i.test(timeZone)) return `is not a zone with rules of its own: ${hint}`;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return undefined;
  } catch {
    const name = nearest(timeZone, Intl.supportedValuesOf('timeZone'));
    return `is not a known zone${name === undefined ? '' : `; did you mean "${name}"?`}: ${hint}`;
  }
}

/**
 * The first due time after an instant, or `null` where there is none. A due time is one of the zone's clocks:
 * - set forward, a time that is left out is due as long after the change as it lies in the gap (02:30 at 03:30);
 * - set back, a repeated time is due the first time only;
 * - but an expression for every hour is due whenever the clocks show one of its times, so that neither change makes a
 *   pause or a double.
 */
export function nextDueTime({ cron, timeZone }: Timetable, after: Date): Date | null {
  const everyHour = hasEveryHour(cron);
  const from = after.getTime();
  const instants = (wall: number): number[] => {
    const { shown, shifted } = instantsOf(timeZone, wall);
    if (everyHour) return shown;
    return [shown[0] ?? shifted];
  };
  const nearChange = isNearChange(timeZone, from);
  // cron-parser knows the calendar; the clocks are our business, as it leaves out a midnight that clocks jump over.
  const walls = CronExpressionParser.parse(cron, {
    tz: 'UTC',
    currentDate: new Date(wallTimeAt(timeZone, from) - (nearChange ? LARGEST_CHANGE_MS : 0)),
  });
  let best: number | undefined;
  for (;;) {
    const wall = nextWall(walls);
    if (wall === undefined) break;
    for (const instant of instants(wall)) if (instant > from) best = Math.min(best ?? instant, instant);
    if (best === undefined) continue;
    // Near a change, a time that comes later on the clocks may be due earlier.
    if (!nearChange && !isNearChange(timeZone, best)) break;
    if (wall - (best + offsetAt(timeZone, best)) >= LARGEST_CHANGE_MS) break;
  }
  return best === undefined ? null : new Date(best);
}

/** The due times that follow an instant, at most `count`. */
export function nextDueTimes(timetable: Timetable, after: Date, count: number): Date[] {
  const times: Date[] = [];
  for (let next = nextDueTime(timetable, after); next !== null; next = nextDueTime(timetable, next)) {
    times.push(next);
    if (times.length === count) break;
  }
  return times;
}

function hasEveryHour(cron: string): boolean {
  return CronExpressionParser.parse(cron, { tz: 'UTC' }).fields.hour.values.length === 24;
}

function nextWall(walls: ReturnType<typeof CronExpressionParser.parse>): number | undefined {
  try {
    return walls.next().getTime();
  } catch {
    // It gives up after some years without a time: there is none.
    return undefined;
  }
}
