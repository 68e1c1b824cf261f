import type { Evaluation } from '#contracts';
import { useMemo, useState } from 'react';
import { percent } from '../../../format/quantities.js';
import { SmallSelect } from '../../../parts/small-select.js';
import styles from './per-class.module.css';

const ORDERS = [
  ['dataset', 'As in the dataset'],
  ['worst', 'Worst first'],
] as const;
const MEASURES = [
  ['recall', 'Recall'],
  ['precision', 'Precision'],
  ['f1', 'F1'],
] as const;
type Measure = (typeof MEASURES)[number][0];

/** Recall, precision or F1 of every class as bars, worst first or in the dataset's order. */
export function PerClass({ perClass }: { perClass: Evaluation['perClass'] }) {
  const [order, setOrder] = useState<(typeof ORDERS)[number][0]>('dataset');
  const [measure, setMeasure] = useState<Measure>('recall');
  // Reports of earlier versions have the recall alone, as accuracy.
  const hasAll = perClass.some(({ f1 }) => f1 !== undefined);
  const classes = useMemo(() => {
    const all = perClass.map((each) => ({
      name: each.name,
      images: each.images,
      value: (measure === 'recall' ? each.accuracy : each[measure]) ?? null,
    }));
    return order === 'dataset' ? all : all.sort((a, b) => (a.value ?? 2) - (b.value ?? 2));
  }, [perClass, order, measure]);
  return (
    <div className={styles.perClass}>
      <div className={styles.head}>
        <h3 id="per-class">Per class</h3>
        <span className={styles.choices}>
          {hasAll && (
            <SmallSelect label="Measure of the classes" value={measure} options={MEASURES} onChange={setMeasure} />
          )}
          <SmallSelect label="Order of the classes" value={order} options={ORDERS} onChange={setOrder} />
        </span>
      </div>
      <div className={styles.scroll} tabIndex={0} role="region" aria-labelledby="per-class">
        <table>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Class</th>
              <th scope="col">{MEASURES.find(([each]) => each === measure)![1]}</th>
            </tr>
          </thead>
          <tbody>
            {classes.map(({ name, images, value }) => (
              <tr key={name} title={`${name}: ${images} test images`}>
                <th scope="row">{name}</th>
                <td>
                  <span className={styles.track} aria-hidden="true">
                    <span style={{ width: `${(value ?? 0) * 100}%` }} />
                  </span>
                  <span className={styles.value}>{value === null ? 'no images' : percent(value)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
