import { STUDY_METRICS, type Study, type StudyMetricName } from '#contracts';
import { useState } from 'react';
import { Link } from 'react-router';
import pageStyles from '../../app/page.module.css';
import { count } from '../../format/quantities.js';
import { stateWord } from '../../parts/state-badge.js';
import { plotScale } from './plot-scale.js';
import { studyValue } from './study-value.js';
import styles from './study-page.module.css';

/** Every arm with its mean and interval of one metric, in numbers and on a common axis. */
export function ArmsTable({ arms }: { arms: Study['arms'] }) {
  const metrics = [...new Set(arms.flatMap(({ results }) => results.map(({ metric }) => metric)))];
  const [chosen, setChosen] = useState<StudyMetricName>('test.top1');
  const metric = metrics.includes(chosen) ? chosen : (metrics[0] ?? chosen);
  const rows = arms.map((arm) => ({ arm, result: arm.results.find((result) => result.metric === metric) }));
  const place = plotScale(rows.flatMap(({ result }) => (result === undefined ? [] : [result])));
  return (
    <section className={pageStyles.card} aria-labelledby="arms">
      <header className={pageStyles.cardHeader}>
        <h2 id="arms">Arms</h2>
        {metrics.length > 0 && (
          <select
            className={styles.metric}
            aria-label="Metric"
            value={metric}
            onChange={(event) => setChosen(event.target.value as StudyMetricName)}
          >
            {metrics.map((each) => (
              <option key={each} value={each}>
                {STUDY_METRICS[each].title}
              </option>
            ))}
          </select>
        )}
      </header>
      <div className={pageStyles.scroll} tabIndex={0} role="region" aria-label="All arms">
        <table className={pageStyles.table}>
          <thead>
            <tr>
              <th scope="col">Arm</th>
              <th scope="col">Mean of {STUDY_METRICS[metric].title}</th>
              <th scope="col">95 % interval</th>
              <th scope="col" aria-hidden="true" />
              <th scope="col">Over</th>
              <th scope="col">Runs by seed</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ arm, result }) => (
              <tr key={arm.label}>
                <th scope="row">{arm.label}</th>
                <td>{result === undefined ? '–' : studyValue(metric, result.mean)}</td>
                <td>
                  {result === undefined
                    ? '–'
                    : result.interval === null
                      ? 'needs a second seed'
                      : result.interval.map((end) => studyValue(metric, end)).join(' to ')}
                </td>
                <td aria-hidden="true">
                  {result !== undefined && (
                    <span className={styles.plot}>
                      {result.interval !== null && (
                        <span
                          className={styles.interval}
                          style={{
                            left: `${place(result.interval[0])}%`,
                            width: `${place(result.interval[1]) - place(result.interval[0])}%`,
                          }}
                        />
                      )}
                      <span className={styles.mean} style={{ left: `${place(result.mean)}%` }} />
                    </span>
                  )}
                </td>
                <td className="muted">
                  {result === undefined
                    ? '–'
                    : `${count(result.seeds, 'seed')}${result.images === 0 ? '' : `, ${count(result.images, 'image')}`}`}
                </td>
                <td className={styles.runs}>
                  {arm.runs.map((run) => (
                    <Link key={run.id} to={`/runs/${run.id}`} className="link">
                      {run.seed}
                      {run.state !== 'completed' && ` (${stateWord(run.state).toLowerCase()})`}
                    </Link>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
