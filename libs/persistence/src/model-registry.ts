import type { ModelVersion } from '#contracts';
import { ConflictError, InvalidReferenceError } from './database-errors.js';
import type { Database } from './database.js';
import { notFound } from './project-store.js';
import { isUuid } from './uuid.js';

/** Models that are worth a name: versions of runs, and aliases such as `champion` that point to one of them. */
export class ModelRegistry {
  constructor(private readonly database: Database) {}

  /** By name, the newest version first. */
  async list(): Promise<ModelVersion[]> {
    return this.versions('TRUE', []);
  }

  /** Throws NotFoundError. */
  async get(name: string): Promise<ModelVersion[]> {
    const versions = await this.versions('m.name = $1', [name]);
    if (versions.length === 0) throw notFound('model', name);
    return versions;
  }

  /** Makes a completed run the next version of a model, which is created with its first one. */
  async register({ name, runId }: { name: string; runId: string }): Promise<ModelVersion> {
    const version = await this.database.transaction(async (tx) => {
      const [run] = isUuid(runId)
        ? await tx.query<{ state: string; projectId: string; files: number }>(
            `SELECT state, project_id AS "projectId",
               (SELECT count(*)::int FROM run_artifacts f WHERE f.run_id = runs.id AND f.kind = 'model') AS files
             FROM runs WHERE id = $1`,
            [runId],
          )
        : [];
      if (run === undefined) throw new InvalidReferenceError('runId', `there is no run ${runId}`);
      if (run.state !== 'completed') {
        throw new ConflictError(`run ${runId} is ${run.state}: only a completed run has a model to register`);
      }
      if (run.files === 0) throw new ConflictError(`run ${runId} has no model among its artifacts`);
      await tx.query('INSERT INTO models (project_id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
        run.projectId,
        name,
      ]);
      // The lock on the model's row gives versions without gaps.
      const [model] = await tx.query<{ id: string }>('SELECT id FROM models WHERE name = $1 FOR UPDATE', [name]);
      const [row] = await tx.query<{ version: number }>(
        `INSERT INTO model_versions (model_id, version, run_id)
         SELECT $1, coalesce(max(version), 0) + 1, $2 FROM model_versions WHERE model_id = $1 RETURNING version`,
        [model.id, runId],
      );
      return row.version;
    });
    return this.version(name, version);
  }

  /** Points an alias to a version; an alias that pointed elsewhere moves. */
  async setAlias(name: string, alias: string, version: number): Promise<ModelVersion> {
    await this.get(name);
    const rows = await this.database.query(
      `INSERT INTO model_aliases (model_id, alias, version)
       SELECT v.model_id, $2, v.version FROM models m JOIN model_versions v ON v.model_id = m.id
       WHERE m.name = $1 AND v.version = $3
       ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version RETURNING version`,
      [name, alias, version],
    );
    if (rows.length === 0) throw new InvalidReferenceError('version', `model ${name} has no version ${version}`);
    return this.version(name, version);
  }

  async removeAlias(name: string, alias: string): Promise<void> {
    const rows = await this.database.query(
      `DELETE FROM model_aliases a USING models m WHERE m.id = a.model_id AND m.name = $1 AND a.alias = $2 RETURNING alias`,
      [name, alias],
    );
    if (rows.length === 0) throw notFound('alias', `${name}@${alias}`);
  }

  private async version(name: string, version: number): Promise<ModelVersion> {
    const [row] = await this.versions('m.name = $1 AND v.version = $2', [name, version]);
    return row;
  }

  private async versions(condition: string, parameters: unknown[]): Promise<ModelVersion[]> {
    const rows = await this.database.query<Omit<ModelVersion, 'createdAt'> & { createdAt: Date }>(
      `SELECT m.name, v.version, v.run_id AS "runId", v.created_at AS "createdAt",
         ARRAY (SELECT a.alias FROM model_aliases a
                WHERE a.model_id = v.model_id AND a.version = v.version ORDER BY a.alias) AS aliases
       FROM models m JOIN model_versions v ON v.model_id = m.id WHERE ${condition}
       ORDER BY m.name, v.version DESC LIMIT 1000`,
      parameters,
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }
}
