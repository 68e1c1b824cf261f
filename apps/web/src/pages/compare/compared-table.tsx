import type { ReactNode } from 'react';
import pageStyles from '../../app/page.module.css';
import { bestOf, type Better } from './best.js';
import type { ComparedRun } from './compared-run.js';
import { RunHeadings } from './run-headings.js';
import styles from './compare-page.module.css';

export interface ComparedRow {
  key: string;
  name: ReactNode;
  better: Better;
  /** One for each run. */
  values: (number | undefined)[];
  format(value: number): string;
}

interface Props {
  /** Id of the section's heading. */
  id: string;
  title: string;
  hint: string;
  /** Heading of the rows' names. */
  first: string;
  compared: ComparedRun[];
  rows: ComparedRow[];
  /** Said where there are no rows. */
  none: string;
}

/** Numbers of the runs beside each other; the best of a row is marked where better has a meaning. */
export function ComparedTable({ id, title, hint, first, compared, rows, none }: Props) {
  return (
    <section className={pageStyles.card} aria-labelledby={id}>
      <header className={pageStyles.cardHeader}>
        <h2 id={id}>{title}</h2>
        <span className="muted">{hint}</span>
      </header>
      {rows.length === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <div className={pageStyles.scroll} tabIndex={0} role="group" aria-labelledby={id}>
          <table className={pageStyles.table}>
            <RunHeadings first={first} compared={compared} />
            <tbody>
              {rows.map(({ key, name, better, values, format }) => {
                const best = bestOf(values, better);
                return (
                  <tr key={key}>
                    <th scope="row">{name}</th>
                    {values.map((value, index) => (
                      <td key={compared[index].run.id} className={best === index ? styles.best : undefined}>
                        {value === undefined ? <span className="muted">–</span> : format(value)}
                      </td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
