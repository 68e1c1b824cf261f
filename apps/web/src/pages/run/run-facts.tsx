import type { Run } from '#contracts';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { metric } from '../../format/quantities.js';
import { CopyButton } from '../../parts/copy-button.js';
import { RunDuration } from '../../parts/run-duration.js';
import { TimeAgo } from '../../parts/time-ago.js';
import styles from './run-facts.module.css';

/** What the run is, at a glance. */
export function RunFacts({ run }: { run: Run }) {
  const teachers = [...new Set(run.teacherRunIds)];
  const facts: [string, ReactNode][] = [
    [
      run.bestMetric === null ? 'Best metric' : run.bestMetric.key,
      run.bestMetric === null ? '–' : <strong>{metric(run.bestMetric.key, run.bestMetric.value)}</strong>,
    ],
    ['Pipeline', run.pipeline],
    ['Model', run.model],
    ['Dataset', run.dataset],
    ['Duration', <RunDuration key="duration" run={run} />],
    ['Submitted', <TimeAgo key="created" iso={run.createdAt} />],
    [
      'Experiment',
      <Link key="experiment" to={`/experiments/${run.experimentId}`} className="link">
        Arms and claims
      </Link>,
    ],
    ['Worker', run.worker ?? '–'],
    ...(run.progress?.imagesPerSecond !== undefined && run.state === 'running'
      ? ([['Speed', `${Math.round(run.progress.imagesPerSecond).toLocaleString('en')} images/s`]] as [string, string][])
      : []),
    ...(teachers.length === 0
      ? []
      : ([
          [
            `${run.state === 'waiting' ? 'Waits for its teacher' : 'Teacher'}${teachers.length === 1 ? '' : 's'}`,
            teachers.map((id) => (
              <span key={id}>
                <Link to={`/runs/${id}`} className="link mono">
                  {id.slice(0, 8)}
                </Link>{' '}
              </span>
            )),
          ],
        ] as [string, ReactNode][])),
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Id</dt>
        <dd className={styles.id}>
          <span className="mono">{run.id.slice(0, 8)}</span>
          <CopyButton text={run.id} label="Copy the run's id" iconOnly />
        </dd>
      </div>
    </dl>
  );
}
