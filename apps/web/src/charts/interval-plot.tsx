import { useId, type ReactNode } from 'react';
import { IntervalAxis, IntervalTrack } from './interval-track.js';
import { plotScale, type Plotted } from './plot-scale.js';
import styles from './interval-plot.module.css';

export interface IntervalRow {
  key: string;
  label: ReactNode;
  /** `undefined`: nothing is known of it yet. */
  value: Plotted | undefined;
  /** What is said where there is no interval. */
  without?: string;
}

/**
 * Means with their intervals on a common axis, a row each. Every row also says its numbers, so that the drawing is for
 * whoever sees it and the list for everybody.
 */
export function IntervalPlot({
  title,
  note,
  rows,
  format,
  formatTick = format,
}: {
  title: string;
  note?: ReactNode;
  rows: readonly IntervalRow[];
  format(value: number): string;
  formatTick?(value: number): string;
}) {
  const titleId = useId();
  const scale = plotScale(rows.flatMap(({ value }) => (value === undefined ? [] : [value])));
  return (
    <figure className={styles.plot} aria-labelledby={titleId}>
      <figcaption className={styles.caption}>
        <h3 id={titleId}>{title}</h3>
        {note !== undefined && <span className={styles.note}>{note}</span>}
      </figcaption>
      <ul className={styles.rows}>
        {rows.map(({ key, label, value, without }) => (
          <li key={key}>
            <span className={styles.label}>{label}</span>
            <IntervalTrack value={value} scale={scale} />
            <span className={styles.value}>
              {value === undefined ? (
                <span className={styles.note}>{without ?? '–'}</span>
              ) : (
                <>
                  <strong>{format(value.mean)}</strong>{' '}
                  <span className={styles.note}>
                    {value.interval === null ? without : value.interval.map((end) => format(end)).join(' to ')}
                  </span>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {scale.ticks.length > 1 && (
        <div className={styles.foot} aria-hidden="true">
          <IntervalAxis scale={scale} format={formatTick} />
        </div>
      )}
    </figure>
  );
}
