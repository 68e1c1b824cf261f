import pageStyles from '../../app/page.module.css';
import { differences } from './differences.js';
import { RunHeadings } from './run-headings.js';
import type { ComparedRun } from './compared-run.js';
import styles from './compare-page.module.css';

export function DifferencesTable({ compared }: { compared: ComparedRun[] }) {
  const rows = differences(compared.map(({ run }) => run));
  return (
    <section className={pageStyles.card} aria-labelledby="differences">
      <header className={pageStyles.cardHeader}>
        <h2 id="differences">Differences in the config</h2>
      </header>
      {rows.length === 0 ? (
        <p className={styles.none}>
          {compared.length < 2 ? 'Add another run to see what differs.' : 'The configs are the same.'}
        </p>
      ) : (
        <div className={pageStyles.scroll} tabIndex={0} role="group" aria-labelledby="differences">
          <table className={pageStyles.table}>
            <RunHeadings first="Field" compared={compared} />
            <tbody>
              {rows.map(({ path, values }) => (
                <tr key={path}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  {values.map((value, index) => (
                    <td key={compared[index].run.id}>
                      {value === undefined ? <span className="muted">–</span> : shown(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
