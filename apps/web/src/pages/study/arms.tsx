import { STUDY_METRICS, type Study, type StudyMetricName } from '#contracts';
import { useState } from 'react';
import { Link } from 'react-router';
import pageStyles from '../../app/page.module.css';
import { IntervalPlot } from '../../charts/interval-plot.js';
import { count, number } from '../../format/quantities.js';
import { SmallSelect } from '../../parts/small-select.js';
import { stateWord } from '../../parts/state-badge.js';
import { studyValue } from './study-value.js';
import styles from './study-page.module.css';

/** Every arm with its mean and interval of one metric, on a common axis, and the runs that it is of. */
export function Arms({ arms }: { arms: Study['arms'] }) {
  const metrics = [...new Set(arms.flatMap(({ results }) => results.map(({ metric }) => metric)))];
  const [chosen, setChosen] = useState<StudyMetricName>('test.top1');
  const metric = metrics.includes(chosen) ? chosen : (metrics[0] ?? chosen);
  const { title, share, better } = STUDY_METRICS[metric];
  const rows = arms.map((arm) => ({ arm, result: arm.results.find((result) => result.metric === metric) }));
  return (
    <section className={pageStyles.card} aria-labelledby="arms">
      <header className={pageStyles.cardHeader}>
        <h2 id="arms">Arms</h2>
        {metrics.length > 0 && (
          <SmallSelect
            label="Metric"
            value={metric}
            options={metrics.map((each) => [each, STUDY_METRICS[each].title] as const)}
            onChange={setChosen}
          />
        )}
      </header>
      {metrics.length > 0 && (
        <div className={pageStyles.cardBody}>
          <IntervalPlot
            title={`Mean of ${title}`}
            note={`with 95 % intervals; ${better} is better`}
            rows={rows.map(({ arm, result }) => ({
              key: arm.label,
              label: arm.label,
              value: result,
              without: result === undefined ? 'nothing yet' : 'needs a second seed',
            }))}
            format={(value) => studyValue(metric, value)}
            formatTick={(value) => (share ? `${number(value * 100)} %` : number(value))}
          />
        </div>
      )}
      <div className={`${pageStyles.scroll} ${styles.table}`} tabIndex={0} role="region" aria-label="All arms">
        <table className={pageStyles.table}>
          <thead>
            <tr>
              <th scope="col">Arm</th>
              <th scope="col">Mean of {title}</th>
              <th scope="col">95 % interval</th>
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
                <td className="muted">{result === undefined ? '–' : overOf(result)}</td>
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

/** What an interval takes in. */
export function overOf({ seeds, images }: { seeds: number; images: number }): string {
  return `${count(seeds, 'seed')}${images === 0 ? '' : `, ${count(images, 'image')}`}`;
}
