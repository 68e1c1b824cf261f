import {
  RUN_STATES,
  type Attempt,
  type ListRunsQuery,
  type Page,
  type Report,
  type Run,
  type RunDetail,
  type RunState,
} from '#contracts';
import { decodeCursor, encodeCursor, invalidCursor } from './cursor.js';
import type { Database } from './database.js';
import { notFound } from './project-store.js';
import { findRunDetail, findRuns, RUN_COLUMNS, toRun, type RunRow } from './run-view.js';
import { isUuid } from './uuid.js';

interface SortKey {
  /** `$asOf` stands for the moment of the first page: a duration that grows would move rows between pages. */
  expression: string;
  type: 'timestamptz' | 'text' | 'float8';
}

const SORT_KEYS: Record<ListRunsQuery['sort'], SortKey> = {
  createdAt: { expression: 'r.created_at', type: 'timestamptz' },
  experimentName: { expression: 'r.experiment_name', type: 'text' },
  state: { expression: 'r.state', type: 'text' },
  durationMs: {
    expression: `coalesce((extract(epoch FROM coalesce(r.finished_at, $asOf::timestamptz) - r.started_at) * 1000)::float8, -1)`,
    type: 'float8',
  },
  bestMetric: { expression: 'r.best_metric_value', type: 'float8' },
};

/** What is known of runs. */
export class RunStore {
  constructor(private readonly database: Database) {}

  async list(query: ListRunsQuery): Promise<Page<Run>> {
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = filters(query, bind);
    const key = SORT_KEYS[query.sort];
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor, key);
    const asOf = after?.asOf ?? new Date().toISOString();
    const expression = key.expression.replaceAll('$asOf', () => bind(asOf));
    if (after !== undefined) {
      const comparison = query.order === 'asc' ? '>' : '<';
      conditions.push(
        `(${expression}, r.id) ${comparison} (${bind(after.value)}::${key.type}, ${bind(after.id)}::uuid)`,
      );
    }
    const direction = query.order === 'asc' ? 'ASC' : 'DESC';
    const rows = await this.database.query<RunRow & { sortKey: string }>(
      `SELECT ${RUN_COLUMNS}, ${sortText(expression, key)} AS "sortKey"
       FROM runs r JOIN projects p ON p.id = r.project_id
       ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY ${expression} ${direction}, r.id ${direction} LIMIT ${bind(query.limit + 1)}`,
      parameters,
    );
    const last = rows[query.limit - 1];
    const items = rows.slice(0, query.limit).map(({ sortKey: _, ...row }) => toRun(row));
    return { items, next: rows.length > query.limit ? encodeCursor([last.sortKey, last.id, asOf]) : null };
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<RunDetail> {
    const run = await findRunDetail(this.database, id);
    if (run === undefined) throw notFound('run', id);
    return run;
  }

  /** Those of the runs that exist, by id. */
  async find(ids: readonly string[]): Promise<Map<string, Run>> {
    return findRuns(this.database, ids);
  }

  /** How many runs there are of each state. */
  async countByState(): Promise<Record<RunState, number>> {
    const rows = await this.database.query<{ state: RunState; count: number }>(
      'SELECT state, count(*)::int AS count FROM runs GROUP BY state',
    );
    const counts = Object.fromEntries(RUN_STATES.map((state) => [state, 0])) as Record<RunState, number>;
    for (const { state, count } of rows) counts[state] = count;
    return counts;
  }

  /** Throws NotFoundError. */
  async mustExist(id: string): Promise<void> {
    const rows = isUuid(id) ? await this.database.query('SELECT 1 FROM runs WHERE id = $1', [id]) : [];
    if (rows.length === 0) throw notFound('run', id);
  }

  /** Oldest first. */
  async attempts(runId: string): Promise<Attempt[]> {
    await this.mustExist(runId);
    const rows = await this.database.query<
      Omit<Attempt, 'startedAt' | 'finishedAt'> & { startedAt: Date; finishedAt: Date | null }
    >(
      `SELECT number, worker_name AS worker, started_at AS "startedAt", finished_at AS "finishedAt", outcome, failure, engine
       FROM attempts WHERE run_id = $1 ORDER BY number`,
      [runId],
    );
    return rows.map((row) => ({
      ...row,
      startedAt: row.startedAt.toISOString(),
      finishedAt: row.finishedAt?.toISOString() ?? null,
    }));
  }

  /** Throws NotFoundError while the run has not completed. */
  async report(runId: string): Promise<Report> {
    await this.mustExist(runId);
    const [row] = await this.database.query<{ report: Report }>('SELECT report FROM run_reports WHERE run_id = $1', [
      runId,
    ]);
    if (row === undefined) throw notFound('report yet of run', runId);
    return row.report;
  }
}

/** Text that reads back as the same value. */
function sortText(expression: string, key: SortKey): string {
  return key.type === 'timestamptz'
    ? `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : `(${expression})::text`;
}

function filters(query: ListRunsQuery, bind: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  if (query.state !== undefined) conditions.push(`r.state = ANY (${bind([query.state].flat())}::text[])`);
  if (query.pipeline !== undefined) conditions.push(`r.pipeline = ${bind(query.pipeline)}`);
  if (query.project !== undefined) conditions.push(`p.name = ${bind(query.project)}`);
  if (query.experiment !== undefined) {
    // An experiment is named by its id or by its name.
    const column = isUuid(query.experiment) ? 'r.experiment_id' : 'r.experiment_name';
    conditions.push(`${column} = ${bind(query.experiment)}`);
  }
  if (query.search !== undefined && query.search !== '') {
    const pattern = `%${query.search.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(`r.experiment_name ILIKE ${bind(pattern)}`);
  }
  return conditions;
}

function positionOf(cursor: string, key: SortKey): { value: string; id: string; asOf: string } {
  const [value, id, asOf] = decodeCursor(cursor, 3);
  const legal =
    key.type === 'text' || (key.type === 'float8' ? /^-?(\d|Infinity)/.test(value) : !Number.isNaN(Date.parse(value)));
  if (!legal || !isUuid(id) || Number.isNaN(Date.parse(asOf))) throw invalidCursor();
  return { value, id, asOf };
}
