import pageStyles from '../../app/page.module.css';
import { metric } from '../../format/quantities.js';
import { RunHeadings } from './run-headings.js';
import type { ComparedRun } from './compared-run.js';
import styles from './compare-page.module.css';

/** The newest value of every metric; the best of a row is marked where better has a meaning. */
export function MetricsTable({ compared }: { compared: ComparedRun[] }) {
  const keys = [...new Set(compared.flatMap(({ run }) => Object.keys(run.metrics)))].sort();
  return (
    <section className={pageStyles.card} aria-labelledby="metrics">
      <header className={pageStyles.cardHeader}>
        <h2 id="metrics">Metrics</h2>
        <span className="muted">newest values</span>
      </header>
      {keys.length === 0 ? (
        <p className={styles.none}>These runs have measured nothing yet.</p>
      ) : (
        <div className={pageStyles.scroll} tabIndex={0} role="group" aria-labelledby="metrics">
          <table className={pageStyles.table}>
            <RunHeadings first="Metric" compared={compared} />
            <tbody>
              {keys.map((key) => {
                const values = compared.map(({ run }) => run.metrics[key] as number | undefined);
                const best = bestOf(key, values);
                return (
                  <tr key={key}>
                    <th scope="row">
                      <code>{key}</code>
                    </th>
                    {values.map((value, index) => (
                      <td key={compared[index].run.id} className={best === index ? styles.best : undefined}>
                        {value === undefined ? <span className="muted">–</span> : metric(key, value)}
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

/** Index of the best value: high accuracy, low loss, high speed. None for a tie, one run, or what has no better. */
function bestOf(key: string, values: readonly (number | undefined)[]): number | undefined {
  const direction = /top\d$|accuracy$|imagesPerSecond$/i.test(key) ? 1 : /loss$/i.test(key) ? -1 : 0;
  const known = values.flatMap((value, index) => (value === undefined ? [] : [{ score: value * direction, index }]));
  if (direction === 0 || known.length < 2) return undefined;
  known.sort((a, b) => b.score - a.score);
  return known[0].score === known[1].score ? undefined : known[0].index;
}
