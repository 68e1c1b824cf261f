import { percent } from '../format/quantities.js';
import { mostConfused } from './confusions.js';
import styles from './confusion-matrix.module.css';

const SHOWN = 8;

/** The errors that happen most, in words. */
export function MostConfused({ classes, matrix }: { classes: string[]; matrix: number[][] }) {
  const pairs = mostConfused(matrix, SHOWN);
  return (
    <div className={styles.pairs}>
      <h3>Most confused</h3>
      {pairs.length === 0 ? (
        <p className="muted">Every image was classified as labelled.</p>
      ) : (
        <ol>
          {pairs.map(({ label, prediction, images, share }) => (
            <li key={`${label} ${prediction}`}>
              <span>
                {classes[label]} <span className="muted">as</span> {classes[prediction]}
              </span>
              <span className={styles.pairCount}>
                {images} · {percent(share, 0)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
