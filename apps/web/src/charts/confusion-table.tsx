import { intensity } from './confusions.js';
import type { Cell } from './confusion-matrix.js';
import styles from './confusion-matrix.module.css';

interface Props {
  classes: string[];
  matrix: number[][];
  cell: Cell | undefined;
  onCell(cell: Cell | undefined): void;
}

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
                  const fill = intensity(images, total);
                  return (
                    <td
                      key={classes[prediction]}
                      className={label === prediction ? styles.hit : styles.miss}
                      data-strong={fill > 0.6 || undefined}
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
