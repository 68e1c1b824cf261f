import type { LogLine, MetricSeries, PlatformEvent, Run } from '#contracts';
import type { RunFilter, RunPage } from '../api/endpoints.js';

/** What each cached answer becomes when an event arrives. Pure: an answer that the event does not touch is returned as is. */

export function reduceRun<T extends Run>(run: T, event: PlatformEvent): T {
  return event.type === 'run' && event.run.id === run.id ? { ...run, ...event.run } : run;
}

export function matches(run: Run, filter: RunFilter): boolean {
  return (
    (filter.state.length === 0 || filter.state.includes(run.state)) &&
    (filter.pipeline === undefined || filter.pipeline === run.pipeline) &&
    run.experimentName.toLowerCase().includes(filter.search.trim().toLowerCase())
  );
}

/**
 * A run that is listed changes where it stands, or leaves a list that it no longer belongs to. A new one is put on top
 * where newest come first. `undefined`: its place is not known here, the list must be fetched again.
 */
export function reduceRunPages(pages: RunPage[], event: PlatformEvent, filter: RunFilter): RunPage[] | undefined {
  if (event.type !== 'run') return pages;
  const { run } = event;
  const listed = pages.some((page) => page.items.some((item) => item.id === run.id));
  if (listed) {
    const change = (items: Run[]) =>
      matches(run, filter)
        ? items.map((item) => (item.id === run.id ? run : item))
        : items.filter((item) => item.id !== run.id);
    return pages.map((page) =>
      page.items.some((item) => item.id === run.id) ? { ...page, items: change(page.items) } : page,
    );
  }
  if (!matches(run, filter)) return pages;
  const [first, ...rest] = pages;
  const last = pages.at(-1);
  const oldest = last?.items.at(-1);
  const isNewestFirst = filter.sort === 'createdAt' && filter.order === 'desc';
  if (isNewestFirst && first !== undefined && run.createdAt >= (first.items[0]?.createdAt ?? '')) {
    return [{ ...first, items: [run, ...first.items] }, ...rest];
  }
  // Where more pages follow, it is probably on one of them: it comes when that page is asked for.
  const isFurtherDown = !isNewestFirst || oldest === undefined || run.createdAt < oldest.createdAt;
  return isFurtherDown && last !== undefined && last.next !== null ? pages : undefined;
}

/** Steps ascend; the same step again replaces its value, as an attempt that continues from a checkpoint repeats steps. */
export function reduceMetrics(series: MetricSeries[], event: PlatformEvent, runId: string): MetricSeries[] {
  if (event.type !== 'metrics' || event.runId !== runId) return series;
  const byKey = new Map(series.map((curve) => [curve.key, curve]));
  const touched = new Set<string>();
  for (const { key, step, value, at } of event.points) {
    let curve = byKey.get(key);
    if (curve === undefined || !touched.has(key)) {
      curve = {
        key,
        steps: [...(curve?.steps ?? [])],
        values: [...(curve?.values ?? [])],
        times: [...(curve?.times ?? [])],
      };
      byKey.set(key, curve);
      touched.add(key);
    }
    const index = placeOf(curve.steps, step);
    const replaced = curve.steps[index] === step ? 1 : 0;
    curve.steps.splice(index, replaced, step);
    curve.values.splice(index, replaced, value);
    curve.times.splice(index, replaced, at);
  }
  return [...byKey.values()];
}

/** Index of the first step that is not below `step`; nearly always at the end. */
function placeOf(steps: number[], step: number): number {
  let index = steps.length;
  while (index > 0 && steps[index - 1] >= step) index--;
  return index;
}

export function reduceLogs(lines: LogLine[], event: PlatformEvent, runId: string): LogLine[] {
  if (event.type !== 'logs' || event.runId !== runId) return lines;
  const last = lines.at(-1)?.seq ?? -1;
  const fresh = event.lines.filter((line) => line.seq > last);
  if (fresh.length === event.lines.length) return [...lines, ...fresh];
  const bySeq = new Map([...lines, ...event.lines].map((line) => [line.seq, line]));
  return bySeq.size === lines.length ? lines : [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
