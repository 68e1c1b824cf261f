import type { ReactNode } from 'react';
import pageStyles from '../app/page.module.css';
import styles from './numbers.module.css';

interface TableProps {
  /** Names the table to a screen reader. */
  caption: string;
  /** The first is of the rows' names. */
  titles: readonly string[];
  /** The first of each names it. */
  rows: readonly (readonly ReactNode[])[];
  /** The cells are words rather than numbers. */
  words?: boolean;
}

/** A table of numbers whose first column names its rows; it scrolls within itself. */
export function NumbersTable({ caption, titles, rows, words = false }: TableProps) {
  const look = words ? undefined : 'number';
  return (
    <div className={pageStyles.scroll} tabIndex={0} role="region" aria-label={caption}>
      <table className={`${pageStyles.table} ${styles.table}`}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {titles.map((title, index) => (
              <th key={title} scope="col" className={index === 0 ? undefined : look}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells], row) => (
            <tr key={row}>
              <th scope="row">{name}</th>
              {cells.map((cell, index) => (
                <td key={titles[index + 1]} className={look}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What a plot shows, for whoever cannot see it or wants to copy it: opened on demand. */
export function Numbers(props: TableProps) {
  return (
    <details className={styles.numbers}>
      <summary>
        The numbers<span className="visually-hidden"> of: {props.caption}</span>
      </summary>
      <NumbersTable {...props} />
    </details>
  );
}
