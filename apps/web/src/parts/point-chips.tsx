import styles from './point-chips.module.css';

/** The seed and the matrix point that tell this run from its siblings. */
export function PointChips({ seed, point }: { seed: number; point: Record<string, unknown> }) {
  return (
    <span className={styles.chips}>
      <span className={styles.chip}>seed {seed}</span>
      {Object.entries(point).map(([path, value]) => (
        <span key={path} className={styles.chip} title={path}>
          {path.split('.').at(-1)} {typeof value === 'object' ? JSON.stringify(value) : String(value)}
        </span>
      ))}
    </span>
  );
}
