import { namesOf, type ComparedRun } from './compared-run.js';
import styles from './compare-page.module.css';

export function RunHeadings({ first, compared }: { first: string; compared: ComparedRun[] }) {
  const names = namesOf(compared);
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {compared.map((one, index) => (
          <th key={one.run.id} scope="col">
            <span className={styles.column}>
              <span
                className={styles.dot}
                style={{ background: `var(--series-${one.color + 1})` }}
                aria-hidden="true"
              />
              {names[index]}
            </span>
          </th>
        ))}
      </tr>
    </thead>
  );
}
