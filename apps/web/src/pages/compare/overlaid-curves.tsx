import { useMemo } from 'react';
import chartGrid from '../../charts/chart-grid.module.css';
import { LineChart } from '../../charts/line-chart.js';
import { groupMetrics } from '../../charts/metric-groups.js';
import { metric } from '../../format/quantities.js';
import { namesOf, type ComparedRun } from './compared-run.js';
import styles from './compare-page.module.css';

/** A chart for each quantity; a run keeps its colour, what is measured in training is dashed beside validation. */
export function OverlaidCurves({ compared, smoothing }: { compared: ComparedRun[]; smoothing: number }) {
  const groups = useMemo(
    () =>
      groupMetrics(compared.flatMap(({ series }) => series.map((curve) => curve.key))).filter(
        ({ keys }) => !keys.every((key) => key.startsWith('test.')),
      ),
    [compared],
  );
  const names = namesOf(compared);
  if (groups.length === 0) return <p className={styles.none}>These runs have measured nothing yet.</p>;
  return (
    <div className={chartGrid.grid}>
      {groups.map(({ name, title, keys }) => (
        <LineChart
          key={name}
          title={title}
          sync="compare"
          smoothing={smoothing}
          height={240}
          format={(value) => metric(name, value)}
          curves={compared.flatMap((one, index) =>
            one.series
              .filter((curve) => keys.includes(curve.key) && !curve.key.startsWith('test.'))
              .map((curve) => ({
                label: keys.length === 1 ? names[index] : `${names[index]}: ${curve.key}`,
                xs: curve.steps,
                ys: curve.values,
                color: one.color,
                dashed: keys.length > 1 && curve.key.startsWith('train.'),
              })),
          )}
        />
      ))}
    </div>
  );
}
