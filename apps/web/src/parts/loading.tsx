import styles from './loading.module.css';

/** Placeholder lines while something is fetched; shown only after a moment, so that a quick answer does not flicker. */
export function Loading({ what, lines = 4 }: { what: string; lines?: number }) {
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">Loading {what}</span>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={styles.line} style={{ width: `${92 - ((index * 23) % 40)}%` }} />
      ))}
    </div>
  );
}
