import type { ArtifactKind } from '#contracts';
import type { Database } from './database.js';

/** A file of a run; its bytes are in the artifact store, under their SHA-256. */
export interface RunArtifact {
  name: string;
  kind: ArtifactKind;
  sha256: string;
  /** Bytes. */
  size: number;
  attempt: number;
  createdAt: string;
}

/** Which files runs have. */
export class RunArtifactStore {
  constructor(private readonly database: Database) {}

  /** By name. */
  async list(runId: string): Promise<RunArtifact[]> {
    const rows = await this.database.query<Omit<RunArtifact, 'size' | 'createdAt'> & { size: string; createdAt: Date }>(
      `SELECT f.name, f.kind, f.sha256, a.size, f.attempt, f.created_at AS "createdAt"
       FROM run_artifacts f JOIN artifacts a USING (sha256) WHERE f.run_id = $1 ORDER BY f.name`,
      [runId],
    );
    return rows.map((row) => ({ ...row, size: Number(row.size), createdAt: row.createdAt.toISOString() }));
  }

  async find(runId: string, name: string): Promise<RunArtifact | undefined> {
    return (await this.list(runId)).find((artifact) => artifact.name === name);
  }
}
