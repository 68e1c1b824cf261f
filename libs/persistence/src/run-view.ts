import type { Run, RunDetail } from '#contracts';
import type { Queryable } from './database.js';
import { isUuid } from './uuid.js';

/** A run's row as the API shows it; `r` is runs, `p` projects. */
export const RUN_COLUMNS = `r.id, r.experiment_id AS "experimentId", r.experiment_name AS "experimentName",
  p.name AS project, r.pipeline, r.dataset, r.model, r.seed, r.point, r.state, r.attempt,
  ARRAY (SELECT t.teacher_run_id FROM run_teachers t WHERE t.run_id = r.id ORDER BY t.member) AS "teacherRunIds",
  r.progress, r.metrics, r.best_metric_key AS "bestMetricKey",
  r.best_metric_value AS "bestMetricValue", r.failure, r.cancel_requested AS "cancelRequested",
  r.created_at AS "createdAt", r.started_at AS "startedAt", r.finished_at AS "finishedAt",
  (extract(epoch FROM coalesce(r.finished_at, now()) - r.started_at) * 1000)::float8 AS "durationMs",
  r.worker_name AS worker`;

export interface RunRow extends Omit<Run, 'createdAt' | 'startedAt' | 'finishedAt' | 'bestMetric' | 'teacherRunId'> {
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  bestMetricKey: string | null;
  bestMetricValue: number;
}

export function toRun({ bestMetricKey, bestMetricValue, ...row }: RunRow): Run {
  return {
    ...row,
    teacherRunId: row.teacherRunIds[0] ?? null,
    bestMetric: bestMetricKey === null ? null : { key: bestMetricKey, value: bestMetricValue },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** Those of the runs that exist, by id. */
export async function findRuns(database: Queryable, ids: readonly string[]): Promise<Map<string, Run>> {
  const rows = await database.query<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM runs r JOIN projects p ON p.id = r.project_id WHERE r.id = ANY ($1::uuid[])`,
    [ids.filter(isUuid)],
  );
  return new Map(rows.map((row) => [row.id, toRun(row)]));
}

export async function findRunDetail(database: Queryable, id: string): Promise<RunDetail | undefined> {
  if (!isUuid(id)) return undefined;
  const [row] = await database.query<RunRow & { spec: RunDetail['spec'] }>(
    `SELECT ${RUN_COLUMNS}, r.spec FROM runs r JOIN projects p ON p.id = r.project_id WHERE r.id = $1`,
    [id],
  );
  return row === undefined ? undefined : { ...toRun(row), spec: row.spec };
}
