import { nameOf, type ComparedRun } from './compared-run.js';
import styles from './compare-page.module.css';

export function RunHeadings({ first, compared }: { first: string; compared: ComparedRun[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {compared.map((one) => (
          <th key={one.run.id} scope="col">
            <span className={styles.column}>
              <span
                className={styles.dot}
                style={{ background: `var(--series-${one.color + 1})` }}
                aria-hidden="true"
              />
              {nameOf(one)}
            </span>
          </th>
        ))}
      </tr>
    </thead>
  );
}
