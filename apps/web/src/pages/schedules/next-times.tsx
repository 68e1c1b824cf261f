import { dueTime, localZone, relativeTime } from '../../format/times.js';
import { useNow } from '../../format/use-now.js';
import styles from './schedules-page.module.css';

const SHOWN = 3;

/** The due times that follow, in the schedule's zone and, where that differs, in the viewer's. */
export function NextTimes({ times, timeZone, paused }: { times: string[]; timeZone: string; paused: boolean }) {
  const now = useNow(times.length > 0);
  const here = localZone();
  if (times.length === 0) {
    return <p className={styles.never}>{paused ? 'Not due while paused' : 'Never due again'}</p>;
  }
  return (
    <ol className={styles.times} aria-label="Next times">
      {times.slice(0, SHOWN).map((time, index) => (
        <li key={time}>
          <time dateTime={time}>{dueTime(time, timeZone)}</time>
          {dueTime(time, timeZone) !== dueTime(time, here) && <span>{dueTime(time, undefined)} here</span>}
          {index === 0 && <span>{relativeTime(time, now)}</span>}
        </li>
      ))}
    </ol>
  );
}
