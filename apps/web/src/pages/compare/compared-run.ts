import type { MetricSeries, RunDetail } from '#contracts';

export interface ComparedRun {
  run: RunDetail;
  series: MetricSeries[];
  /** Index of the run's colour, the same in every chart and table. */
  color: number;
}

/** What a legend or a column calls the run: short, and different from the others'. */
export function nameOf({ run }: ComparedRun): string {
  const point = Object.entries(run.point).map(([path, value]) => `${path.split('.').at(-1)} ${String(value)}`);
  return [run.experimentName, `seed ${run.seed}`, ...point].join(', ');
}
