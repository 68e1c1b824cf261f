import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.js';
import type { RecentEvents } from '../live/recent-events.js';
import { reduceLogs, reduceMetrics, reduceRun, reduceRunPages } from '../live/reducers.js';
import {
  getReport,
  getRun,
  getSession,
  getStudy,
  listArtifacts,
  listAttempts,
  listLogs,
  listMetrics,
  listModels,
  listRuns,
  listSchedules,
  listWorkers,
  type RunFilter,
} from './endpoints.js';
import { keys } from './keys.js';

/** More points than a chart has pixels tell nothing more. */
const MAX_POINTS = 2000;

export function runListQuery(filter: RunFilter, recent: RecentEvents) {
  return infiniteQueryOptions({
    queryKey: keys.runList(filter),
    queryFn: ({ pageParam, signal }) =>
      recent.replayOnto(
        () => listRuns(filter, pageParam, signal),
        // Only rows that this page lists are brought up to date: new ones are for the list as a whole to place.
        (page, event) =>
          event.type === 'run' && page.items.some((item) => item.id === event.run.id)
            ? (reduceRunPages([page], event, filter)?.[0] ?? page)
            : page,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function runQuery(id: string, recent: RecentEvents) {
  return queryOptions({
    queryKey: keys.run(id),
    queryFn: ({ signal }) => recent.replayOnto(() => getRun(id, signal), reduceRun),
  });
}

export function metricsQuery(id: string, recent: RecentEvents) {
  return queryOptions({
    queryKey: keys.metrics(id),
    queryFn: ({ signal }) =>
      recent.replayOnto(
        () => listMetrics(id, MAX_POINTS, signal),
        (series, event) => reduceMetrics(series, event, id),
      ),
  });
}

export function logsQuery(id: string, recent: RecentEvents) {
  return queryOptions({
    queryKey: keys.logs(id),
    queryFn: ({ signal }) =>
      recent.replayOnto(
        () => listLogs(id, signal),
        (lines, event) => reduceLogs(lines, event, id),
      ),
  });
}

export function attemptsQuery(id: string) {
  return queryOptions({ queryKey: keys.attempts(id), queryFn: ({ signal }) => listAttempts(id, signal) });
}

export function artifactsQuery(id: string) {
  return queryOptions({ queryKey: keys.artifacts(id), queryFn: ({ signal }) => listArtifacts(id, signal) });
}

/** Asked for only where the run has completed. */
export function reportQuery(id: string) {
  return queryOptions({ queryKey: keys.report(id), queryFn: ({ signal }) => getReport(id, signal) });
}

export function studyQuery(experimentId: string) {
  return queryOptions({
    queryKey: keys.study(experimentId),
    queryFn: ({ signal }) => getStudy(experimentId, signal),
  });
}

export function schedulesQuery() {
  return queryOptions({ queryKey: keys.schedules, queryFn: ({ signal }) => listSchedules(signal) });
}

export function workersQuery() {
  return queryOptions({ queryKey: keys.workers, queryFn: ({ signal }) => listWorkers(signal) });
}

export function modelsQuery() {
  return queryOptions({ queryKey: keys.models, queryFn: ({ signal }) => listModels(signal) });
}

export function sessionQuery() {
  return queryOptions({ queryKey: keys.session, queryFn: ({ signal }) => getSession(signal) });
}

/** A refusal for lack of a session shows the sign-in page: the session is asked for again. */
export function noteRefusal(error: Error, client: QueryClient): void {
  if (error instanceof ApiProblem && error.status === 401) void client.invalidateQueries({ queryKey: keys.session });
}
