import type { Evaluation } from '#contracts';
import { useMemo, useState } from 'react';
import { percent } from '../../format/quantities.js';
import styles from './per-class.module.css';

/** Accuracy of every class as bars, worst first or in the dataset's order. */
export function PerClass({ perClass }: { perClass: Evaluation['perClass'] }) {
  const [order, setOrder] = useState<'dataset' | 'worst'>('dataset');
  const classes = useMemo(
    () => (order === 'dataset' ? perClass : [...perClass].sort((a, b) => (a.accuracy ?? 2) - (b.accuracy ?? 2))),
    [perClass, order],
  );
  return (
    <div className={styles.perClass}>
      <div className={styles.head}>
        <h3 id="per-class">Accuracy per class</h3>
        <select
          aria-label="Order of the classes"
          value={order}
          onChange={(event) => setOrder(event.target.value as typeof order)}
        >
          <option value="dataset">As in the dataset</option>
          <option value="worst">Worst first</option>
        </select>
      </div>
      <div className={styles.scroll} tabIndex={0} role="region" aria-labelledby="per-class">
        <table>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Class</th>
              <th scope="col">Accuracy</th>
            </tr>
          </thead>
          <tbody>
            {classes.map(({ name, images, accuracy }) => (
              <tr key={name} title={`${images} test images`}>
                <th scope="row">{name}</th>
                <td>
                  <span className={styles.track} aria-hidden="true">
                    <span style={{ width: `${(accuracy ?? 0) * 100}%` }} />
                  </span>
                  <span className={styles.value}>{accuracy === null ? 'no images' : percent(accuracy)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
