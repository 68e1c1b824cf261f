import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { metricsQuery, runQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { SmoothingSlider } from '../../charts/smoothing-slider.js';
import { useLive } from '../../live/live-context.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { PageHeader } from '../../parts/page-header.js';
import { PointChips } from '../../parts/point-chips.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { StateBadge } from '../../parts/state-badge.js';
import { AddRun } from './add-run.js';
import { DifferencesTable } from './differences-table.js';
import { MetricsTable } from './metrics-table.js';
import { OverlaidCurves } from './overlaid-curves.js';
import { ReportsTable } from './reports-table.js';
import styles from './compare-page.module.css';

/** As many runs as there are colours. */
const MAX_RUNS = 8;

/** Runs side by side: which ones is part of the address. */
export function ComparePage() {
  const [search, setSearch] = useSearchParams();
  const ids = useMemo(
    () => [...new Set((search.get('runs') ?? '').split(',').filter((id) => id !== ''))].slice(0, MAX_RUNS),
    [search],
  );
  const { recent } = useLive();
  const [smoothing, setSmoothing] = useState(0);
  const runQueries = useQueries({ queries: ids.map((id) => runQuery(id, recent)) });
  const metricQueries = useQueries({ queries: ids.map((id) => metricsQuery(id, recent)) });
  const compared = ids.flatMap((id, color) => {
    const run = runQueries[color].data;
    return run === undefined ? [] : [{ run, series: metricQueries[color].data ?? [], color }];
  });
  const failed = [...runQueries, ...metricQueries].find((query) => query.isError);
  const isPending = runQueries.some((query) => query.isPending);
  const choose = (next: string[]) =>
    setSearch(next.length === 0 ? {} : { runs: next.join(',') }, { replace: true, preventScrollReset: true });

  return (
    <div className={pageStyles.page}>
      <PageHeader title="Compare runs">
        {ids.length < MAX_RUNS && <AddRun chosen={ids} onAdd={(id) => choose([...ids, id])} />}
      </PageHeader>
      {failed?.error && (
        <ProblemNotice error={failed.error} title="A run cannot be compared" onRetry={() => void failed.refetch()} />
      )}
      {ids.length === 0 && (
        <EmptyState title="Nothing to compare yet" action={<ButtonLink to="/">All runs</ButtonLink>}>
          Select two or more runs in the table and press Compare, or add them here.
        </EmptyState>
      )}
      {isPending && <Loading what="runs" />}
      {compared.length > 0 && (
        <>
          <ul className={styles.runs}>
            {compared.map(({ run, color }) => (
              <li key={run.id}>
                <span
                  className={styles.swatch}
                  style={{ background: `var(--series-${color + 1})` }}
                  aria-hidden="true"
                />
                <div>
                  <Link to={`/runs/${run.id}`}>{run.experimentName}</Link>
                  <PointChips seed={run.seed} point={run.point} />
                </div>
                <StateBadge state={run.state} />
                <Button
                  look="quiet"
                  icon="cross"
                  iconOnly
                  onClick={() => choose(ids.filter((id) => id !== run.id))}
                >{`Remove ${run.experimentName}, seed ${run.seed}`}</Button>
              </li>
            ))}
          </ul>
          <section className={pageStyles.card} aria-labelledby="curves">
            <header className={pageStyles.cardHeader}>
              <h2 id="curves">Curves</h2>
              <SmoothingSlider value={smoothing} onChange={setSmoothing} />
            </header>
            <OverlaidCurves compared={compared} smoothing={smoothing} />
          </section>
          <ReportsTable compared={compared} />
          <MetricsTable compared={compared} />
          <DifferencesTable compared={compared} />
        </>
      )}
    </div>
  );
}
