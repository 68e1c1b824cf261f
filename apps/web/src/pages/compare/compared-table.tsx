import type { ReactNode } from 'react';
import { bestOf, type Better } from './best.js';
import { ComparedCard } from './compared-card.js';
import type { ComparedRun } from './compared-run.js';
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
export function ComparedTable({ rows, compared, ...card }: Props) {
  return (
    <ComparedCard {...card} compared={compared}>
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
    </ComparedCard>
  );
}
