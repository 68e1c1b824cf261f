import type { Experiment, Page, Spec } from '#contracts';
import { decodeCursor, encodeCursor, invalidCursor } from './cursor.js';
import type { Database } from './database.js';
import { notFound } from './project-store.js';
import { submitExperiment, type Submission } from './submit-experiment.js';
import { isUuid } from './uuid.js';

interface ExperimentRow {
  id: string;
  name: string;
  project: string;
  spec: Spec;
  scheduleId: string | null;
  createdAt: Date;
  runs: Experiment['runs'];
}

const COLUMNS = `e.id, e.name, p.name AS project, e.spec, e.schedule_id AS "scheduleId", e.created_at AS "createdAt",
  (SELECT coalesce(json_agg(json_build_object('id', r.id, 'seed', r.seed, 'point', r.point, 'state', r.state)
     ORDER BY r.position), '[]') FROM runs r WHERE r.experiment_id = e.id) AS runs`;

export class ExperimentStore {
  constructor(private readonly database: Database) {}

  /** Submits in one transaction (see `submitExperiment`); `created` is false where the key was submitted before. */
  async submit(submission: Submission): Promise<{ experiment: Experiment; created: boolean }> {
    const { id, created } = await this.database.transaction((tx) => submitExperiment(tx, submission));
    return { experiment: await this.get(id), created };
  }

  async get(id: string): Promise<Experiment> {
    const [row] = isUuid(id)
      ? await this.database.query<ExperimentRow>(
          `SELECT ${COLUMNS} FROM experiments e JOIN projects p ON p.id = e.project_id WHERE e.id = $1`,
          [id],
        )
      : [];
    if (row === undefined) throw notFound('experiment', id);
    return toExperiment(row);
  }

  /** Newest first. */
  async list(query: { project?: string; limit: number; cursor?: string }): Promise<Page<Experiment>> {
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor);
    const rows = await this.database.query<ExperimentRow>(
      `SELECT ${COLUMNS} FROM experiments e JOIN projects p ON p.id = e.project_id
       WHERE ($1::text IS NULL OR p.name = $1)
         AND ($2::timestamptz IS NULL OR (e.created_at, e.id) < ($2, $3::uuid))
       ORDER BY e.created_at DESC, e.id DESC LIMIT $4`,
      [query.project ?? null, after?.createdAt ?? null, after?.id ?? null, query.limit + 1],
    );
    const items = rows.slice(0, query.limit).map(toExperiment);
    const last = items.at(-1);
    const next = rows.length > query.limit && last !== undefined ? encodeCursor([last.createdAt, last.id]) : null;
    return { items, next };
  }

  async isEmpty(): Promise<boolean> {
    const [{ empty }] = await this.database.query<{ empty: boolean }>(
      'SELECT NOT EXISTS (SELECT FROM experiments) AS empty',
    );
    return empty;
  }
}

function positionOf(cursor: string): { createdAt: string; id: string } {
  const [createdAt, id] = decodeCursor(cursor, 2);
  if (Number.isNaN(Date.parse(createdAt)) || !isUuid(id)) throw invalidCursor();
  return { createdAt, id };
}

function toExperiment(row: ExperimentRow): Experiment {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
