import type { Plotted, PlotScale } from './plot-scale.js';
import styles from './interval-plot.module.css';

/** A mean and its interval on an axis: a drawing beside text that says the same. */
export function IntervalTrack({
  value,
  scale,
  color = 'var(--running)',
  threshold,
}: {
  value: Plotted | undefined;
  scale: PlotScale;
  color?: string;
  /** What the value is to be above. */
  threshold?: number;
}) {
  const { place, ticks } = scale;
  return (
    <span className={styles.track} aria-hidden="true" style={{ color }}>
      {ticks.map((tick) => (
        <span key={tick} className={styles.tick} style={{ left: `${place(tick)}%` }} />
      ))}
      {threshold !== undefined && <span className={styles.threshold} style={{ left: `${place(threshold)}%` }} />}
      {value?.interval && (
        <span
          className={styles.interval}
          style={{
            left: `${place(value.interval[0])}%`,
            width: `${place(value.interval[1]) - place(value.interval[0])}%`,
          }}
        />
      )}
      {value !== undefined && <span className={styles.mean} style={{ left: `${place(value.mean)}%` }} />}
    </span>
  );
}

/** The numbers below a track. */
export function IntervalAxis({ scale: { place, ticks }, format }: { scale: PlotScale; format(value: number): string }) {
  return (
    <span className={styles.axis} aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick} style={{ left: `${place(tick)}%` }}>
          {format(tick)}
        </span>
      ))}
    </span>
  );
}
