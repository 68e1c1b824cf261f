import type { ReactNode } from 'react';
import pageStyles from '../../app/page.module.css';
import type { ComparedRun } from './compared-run.js';
import { RunHeadings } from './run-headings.js';
import styles from './compare-page.module.css';

interface Props {
  /** Id of the section's heading. */
  id: string;
  title: string;
  hint?: string;
  /** Heading of the rows' names. */
  first: string;
  compared: ComparedRun[];
  /** A `tr` each: its name, then a cell for each run. */
  children: ReactNode[];
  /** Said where there are no rows. */
  none: string;
}

/** A section with one table: a column for each run. */
export function ComparedCard({ id, title, hint, first, compared, children, none }: Props) {
  return (
    <section className={pageStyles.card} aria-labelledby={id}>
      <header className={pageStyles.cardHeader}>
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <span className="muted">{hint}</span>}
      </header>
      {children.length === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <div className={pageStyles.scroll} tabIndex={0} role="group" aria-labelledby={id}>
          <table className={pageStyles.table}>
            <RunHeadings first={first} compared={compared} />
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
