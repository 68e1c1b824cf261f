import { isTerminal, type MetricSeries, type Run } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { metricsQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import chartGrid from '../../charts/chart-grid.module.css';
import { LineChart, type Curve } from '../../charts/line-chart.js';
import { groupMetrics, type MetricGroup } from '../../charts/metric-groups.js';
import { SmoothingSlider } from '../../charts/smoothing-slider.js';
import { metric } from '../../format/quantities.js';
import { useLive } from '../../live/live-context.js';
import { Loading } from '../../parts/loading.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import styles from './curves.module.css';

/** A chart for each quantity; new points appear as they are measured. */
export function Curves({ run }: { run: Run }) {
  const { recent } = useLive();
  const query = useQuery(metricsQuery(run.id, recent));
  const [smoothing, setSmoothing] = useState(0);
  const series = useMemo(() => (query.data ?? []).filter((curve) => !curve.key.startsWith('test.')), [query.data]);
  const groups = useMemo(() => groupMetrics(series.map((curve) => curve.key)), [series]);
  const hasLongCurves = series.some((curve) => curve.steps.length > 24);
  return (
    <section className={pageStyles.card} aria-labelledby="curves">
      <header className={pageStyles.cardHeader}>
        <h2 id="curves">Curves</h2>
        {hasLongCurves && <SmoothingSlider value={smoothing} onChange={setSmoothing} />}
      </header>
      {query.isPending && <Loading what="curves" />}
      {query.isError && (
        <ProblemNotice error={query.error} title="The curves cannot be shown" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && groups.length === 0 && (
        <p className={styles.none}>
          {isTerminal(run.state) ? 'This run has measured nothing.' : 'The first points appear when training begins.'}
        </p>
      )}
      <div className={chartGrid.grid}>
        {groups.map((group) => (
          <GroupChart key={group.name} group={group} series={series} smoothing={smoothing} sync={run.id} />
        ))}
      </div>
    </section>
  );
}

interface GroupChartProps {
  group: MetricGroup;
  series: MetricSeries[];
  smoothing: number;
  sync: string;
}

function GroupChart({ group, series, smoothing, sync }: GroupChartProps) {
  const curves = useMemo<Curve[]>(
    () =>
      group.keys.map((key) => {
        const curve = series.find((candidate) => candidate.key === key);
        return {
          label: key,
          xs: curve?.steps ?? [],
          ys: curve?.values ?? [],
          color: key.startsWith('validation.') ? 1 : 0,
        };
      }),
    [group, series],
  );
  const format = useMemo(() => (value: number) => metric(group.name, value), [group.name]);
  return <LineChart title={group.title} curves={curves} format={format} smoothing={smoothing} sync={sync} />;
}
