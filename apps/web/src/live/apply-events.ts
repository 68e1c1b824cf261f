import { isTerminal, type LogLine, type MetricSeries, type PlatformEvent, type RunDetail } from '#contracts';
import { notifyManager, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import type { RunFilter, RunPage } from '../api/endpoints.js';
import { keys } from '../api/keys.js';
import { reduceLogs, reduceMetrics, reduceRun, reduceRunPages } from './reducers.js';

/** Brings every cached answer up to date; what an event only points at is fetched again. */
export function applyEvents(client: QueryClient, events: readonly PlatformEvent[]): void {
  notifyManager.batch(() => {
    const stale = new Map<string, readonly unknown[]>();
    const invalidate = (key: readonly unknown[]) => stale.set(JSON.stringify(key), key);
    for (const event of events) {
      switch (event.type) {
        case 'run':
          applyRun(client, event, invalidate);
          break;
        case 'metrics':
          client.setQueriesData<MetricSeries[]>({ queryKey: keys.metrics(event.runId) }, (series) =>
            series === undefined ? undefined : reduceMetrics(series, event, event.runId),
          );
          break;
        case 'logs':
          client.setQueryData<LogLine[]>(keys.logs(event.runId), (lines) =>
            lines === undefined ? undefined : reduceLogs(lines, event, event.runId),
          );
          break;
        case 'artifacts':
          invalidate(keys.artifacts(event.runId));
          break;
        case 'schedules':
          invalidate(keys.schedules);
          break;
        case 'workers':
          invalidate(keys.workers);
          break;
        case 'reset':
          stale.set('everything', []);
          break;
      }
    }
    for (const queryKey of stale.values()) void client.invalidateQueries({ queryKey });
  });
}

function applyRun(
  client: QueryClient,
  event: Extract<PlatformEvent, { type: 'run' }>,
  invalidate: (key: readonly unknown[]) => void,
): void {
  const { id, state, attempt } = event.run;
  const before = client.getQueryData<RunDetail>(keys.run(id));
  client.setQueryData<RunDetail>(keys.run(id), (run) => (run === undefined ? undefined : reduceRun(run, event)));
  if (before !== undefined && (before.state !== state || before.attempt !== attempt)) {
    invalidate(keys.attempts(id));
  }
  // What a study has found changes when a run has ended.
  if (isTerminal(state)) invalidate(keys.study(event.run.experimentId));
  // A completed run may have become a version of the model registry.
  if (state === 'completed') invalidate(keys.models);
  for (const [key, data] of client.getQueriesData<InfiniteData<RunPage>>({ queryKey: keys.allRunLists })) {
    if (data === undefined) continue;
    const pages = reduceRunPages(data.pages, event, key[2] as RunFilter);
    if (pages === undefined) invalidate(key);
    else if (pages.some((page, index) => page !== data.pages[index])) client.setQueryData(key, { ...data, pages });
  }
}
