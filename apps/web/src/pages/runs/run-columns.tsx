import { RUN_SORTS, type Run } from '#contracts';
import { createColumnHelper, metaHelper, rowSelectionFeature, tableFeatures } from '@tanstack/react-table';
import { Link } from 'react-router';
import { metric } from '../../format/quantities.js';
import { PointChips } from '../../parts/point-chips.js';
import { RunProgress } from '../../parts/progress.js';
import { RunDuration } from '../../parts/run-duration.js';
import { StateBadge } from '../../parts/state-badge.js';
import { TimeAgo } from '../../parts/time-ago.js';
import styles from './run-columns.module.css';

interface RunColumn {
  /** What the API sorts by when the column's heading is pressed. */
  sort?: (typeof RUN_SORTS)[number];
}

export const runFeatures = tableFeatures({ rowSelectionFeature, columnMeta: metaHelper<RunColumn>() });
const column = createColumnHelper<typeof runFeatures, Run>();

export const runColumns = column.columns([
  column.display({
    id: 'select',
    header: ({ table }) => (
      <label className={styles.check}>
        <span className="visually-hidden">Select all listed runs</span>
        <input
          type="checkbox"
          checked={table.getIsAllRowsSelected()}
          ref={(box) => {
            if (box !== null) box.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected();
          }}
          onChange={table.getToggleAllRowsSelectedHandler()}
        />
      </label>
    ),
    cell: ({ row }) => (
      <label className={styles.check}>
        <span className="visually-hidden">
          Select {row.original.experimentName}, seed {row.original.seed}
        </span>
        <input type="checkbox" checked={row.getIsSelected()} onChange={row.getToggleSelectedHandler()} />
      </label>
    ),
  }),
  column.accessor('experimentName', {
    id: 'name',
    header: 'Run',
    meta: { sort: 'experimentName' },
    cell: ({ row: { original: run } }) => (
      <div className={styles.name}>
        <Link to={`/runs/${run.id}`} className={styles.link}>
          {run.experimentName}
        </Link>
        <PointChips seed={run.seed} point={run.point} />
      </div>
    ),
  }),
  column.accessor('state', {
    id: 'state',
    header: 'State',
    meta: { sort: 'state' },
    cell: ({ row: { original: run } }) => (
      <div className={styles.state}>
        <StateBadge state={run.state} cancelling={run.cancelRequested && run.state === 'running'} />
        {run.attempt > 1 && <span className={styles.attempt}>attempt {run.attempt}</span>}
      </div>
    ),
  }),
  column.display({
    id: 'progress',
    header: 'Progress',
    cell: ({ row: { original: run } }) =>
      run.state === 'failed' && run.failure !== null ? (
        <p className={styles.failure} title={run.failure.message}>
          {run.failure.message}
        </p>
      ) : (
        <RunProgress run={run} />
      ),
  }),
  column.accessor('bestMetric', {
    id: 'best',
    header: 'Best',
    meta: { sort: 'bestMetric' },
    cell: ({ row: { original: run } }) =>
      run.bestMetric === null ? (
        <span className="muted">–</span>
      ) : (
        <div className={styles.best}>
          <strong>{metric(run.bestMetric.key, run.bestMetric.value)}</strong>
          <span>{run.bestMetric.key}</span>
        </div>
      ),
  }),
  column.accessor('pipeline', {
    id: 'work',
    header: 'Pipeline',
    cell: ({ row: { original: run } }) => (
      <div className={styles.work}>
        <span>{run.pipeline}</span>
        <span className="muted">
          {run.model} · {run.dataset}
        </span>
      </div>
    ),
  }),
  column.accessor('durationMs', {
    id: 'duration',
    header: 'Duration',
    meta: { sort: 'durationMs' },
    cell: ({ row }) => <RunDuration run={row.original} />,
  }),
  column.accessor('createdAt', {
    id: 'created',
    header: 'Submitted',
    meta: { sort: 'createdAt' },
    cell: ({ row }) => <TimeAgo iso={row.original.createdAt} />,
  }),
]);
