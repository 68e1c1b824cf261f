import { intensity, type Cell } from './confusions.js';
import styles from './confusion-matrix.module.css';

interface Props {
  classes: string[];
  matrix: number[][];
  cell: Cell | undefined;
  onCell(cell: Cell | undefined): void;
}

/**
 * Fills beyond which a cell's text turns from dark to light or back, so that it keeps a contrast of 4.5 in both themes;
 * the red of errors is never as full as the green of hits, for the same reason.
 */
const OVER_HALF = 0.59;
const OVER_MOST = 0.87;
const MOST_MISS = 0.7;

/** A real table: each number can be read, selected and reached by a screen reader's table commands. */
export function ConfusionTable({ classes, matrix, cell, onCell }: Props) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label="Confusion matrix">
      <table className={styles.table} onMouseLeave={() => onCell(undefined)}>
        <thead>
          <tr>
            <td />
            {classes.map((name, index) => (
              <th key={name} scope="col" data-here={cell?.prediction === index || undefined}>
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.map((row, label) => {
            const total = row.reduce((sum, images) => sum + images, 0);
            return (
              <tr key={classes[label]}>
                <th scope="row" data-here={cell?.label === label || undefined}>
                  {classes[label]}
                </th>
                {row.map((images, prediction) => {
                  const isHit = label === prediction;
                  const fill = intensity(images, total) * (isHit ? 1 : MOST_MISS);
                  return (
                    <td
                      key={classes[prediction]}
                      className={isHit ? styles.hit : styles.miss}
                      data-over-half={fill > OVER_HALF || undefined}
                      data-over-most={fill > OVER_MOST || undefined}
                      data-zero={images === 0 || undefined}
                      style={{ '--fill': `${Math.round(fill * 100)}%` } as React.CSSProperties}
                      onMouseEnter={() => onCell({ label, prediction })}
                    >
                      {images}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
