import {
  ArtifactSchema,
  AttemptSchema,
  BulkResultSchema,
  ExperimentSchema,
  listOf,
  LogPageSchema,
  MetricSeriesSchema,
  ModelVersionSchema,
  pageOf,
  ReportSchema,
  RunDetailSchema,
  RunSchema,
  ScheduleSchema,
  SessionSchema,
  StudySchema,
  WorkerSchema,
  type LogLine,
  type RunState,
  type ScheduleBody,
} from '#contracts';
import type { z } from 'zod';
import { request, send } from './request.js';

/** The API's endpoints in the dashboard's words, one function each. */
const RunPageSchema = pageOf(RunSchema);
export type RunPage = z.output<typeof RunPageSchema>;

export interface RunFilter {
  state: RunState[];
  pipeline?: string;
  search: string;
  sort: string;
  order: 'asc' | 'desc';
}

export function listRuns(filter: RunFilter, cursor: string | undefined, signal: AbortSignal): Promise<RunPage> {
  return request(RunPageSchema, 'runs', { query: { ...filter, cursor, limit: 100 }, signal });
}

export function getRun(id: string, signal?: AbortSignal) {
  return request(RunDetailSchema, `runs/${id}`, { signal });
}

export async function listAttempts(id: string, signal: AbortSignal) {
  return (await request(listOf(AttemptSchema), `runs/${id}/attempts`, { signal })).items;
}

/** At most `maxPoints` points of each curve. */
export async function listMetrics(id: string, maxPoints: number, signal: AbortSignal) {
  return (await request(listOf(MetricSeriesSchema), `runs/${id}/metrics`, { query: { maxPoints }, signal })).items;
}

/** Every line, page after page. */
export async function listLogs(id: string, signal: AbortSignal): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page: z.output<typeof LogPageSchema> = await request(LogPageSchema, `runs/${id}/logs`, {
      query: { after, limit: 1000 },
      signal,
    });
    lines.push(...page.items);
    after = page.next;
  }
  return lines;
}

export async function listArtifacts(id: string, signal: AbortSignal) {
  return (await request(listOf(ArtifactSchema), `runs/${id}/artifacts`, { signal })).items;
}

export function getReport(id: string, signal: AbortSignal) {
  return request(ReportSchema, `runs/${id}/report`, { signal });
}

export async function cancelRun(id: string): Promise<void> {
  await send(`runs/${id}/cancel`, { method: 'POST' });
}

/** Cancels many runs at once; each is answered for itself. */
export async function cancelRuns(ids: string[]) {
  const body = { action: 'cancel', runs: ids };
  return (await request(BulkResultSchema, 'runs/bulk', { method: 'POST', body })).items;
}

export async function retryRun(id: string): Promise<void> {
  await send(`runs/${id}/retry`, { method: 'POST' });
}

/** `idempotencyKey`: sent again with the same key, a submission is answered with the experiment that exists. */
export function submitExperiment(spec: unknown, idempotencyKey: string) {
  return request(ExperimentSchema, 'experiments', {
    method: 'POST',
    body: spec,
    headers: { 'idempotency-key': idempotencyKey },
  });
}

export async function listSchedules(signal: AbortSignal) {
  return (await request(listOf(ScheduleSchema), 'schedules', { signal })).items;
}

export function createSchedule(body: ScheduleBody) {
  return request(ScheduleSchema, 'schedules', { method: 'POST', body });
}

export function updateSchedule(id: string, body: Partial<ScheduleBody>) {
  return request(ScheduleSchema, `schedules/${id}`, { method: 'PATCH', body });
}

export async function deleteSchedule(id: string): Promise<void> {
  await send(`schedules/${id}`, { method: 'DELETE' });
}

export async function fireSchedule(id: string): Promise<void> {
  await send(`schedules/${id}/run`, { method: 'POST' });
}

/** The arms of an experiment, and what became of its claims. */
export function getStudy(experimentId: string, signal: AbortSignal) {
  return request(StudySchema, `experiments/${experimentId}/study`, { signal });
}

export async function listWorkers(signal: AbortSignal) {
  return (await request(listOf(WorkerSchema), 'workers', { signal })).items;
}

export async function listModels(signal: AbortSignal) {
  return (await request(listOf(ModelVersionSchema), 'models', { signal })).items;
}

export function getSession(signal?: AbortSignal) {
  return request(SessionSchema, 'session', { signal });
}

export async function signIn(token: string): Promise<void> {
  await send('session', { method: 'POST', body: { token } });
}

export async function signOut(): Promise<void> {
  await send('session', { method: 'DELETE' });
}
