import type { Database } from './database.js';

/** A lease that was not renewed for so long is anybody's. Milliseconds; it is renewed four times as often. */
export const OUTPUT_LEASE_MS = 8000;

/** A file of outputs as a run has shared it. */
export interface SharedOutput {
  /** `outputs/ADDRESS/…`, as it lies below a cache folder. */
  name: string;
  sha256: string;
  /** Bytes. */
  size: number;
}

export interface OutputLeaseHolder {
  runId: string;
  /** Name of its worker. */
  worker: string;
}

/** So many files are listed at most; outputs that are computed in one go have one for every few thousand images. */
const MOST_FILES = 10_000;

/**
 * What networks have said of images on any machine, by its address (`libs/teacher-outputs`): who computes rows at present,
 * and where the rows are that runs have shared.
 *
 * The lease saves double work and guards nothing: it is not fenced, and whoever cannot ask for it computes.
 */
export class SharedOutputStore {
  constructor(
    private readonly database: Database,
    private readonly leaseMs = OUTPUT_LEASE_MS,
  ) {}

  /**
   * Takes the lease for an attempt, or renews it. It is free where nobody has it, where it has expired by the database's
   * clock, and where its attempt is over.
   * @returns `undefined` where the attempt has it now, else who has it
   */
  async take(address: string, token: string): Promise<OutputLeaseHolder | undefined> {
    for (;;) {
      const taken = await this.database.query(
        `INSERT INTO output_leases AS lease (address, attempt, expires_at)
         VALUES ($1, $2, now() + $3 * interval '1 millisecond')
         ON CONFLICT (address) DO UPDATE SET attempt = excluded.attempt, expires_at = excluded.expires_at
         WHERE lease.attempt = excluded.attempt OR lease.expires_at < now()
            OR NOT EXISTS (SELECT FROM attempts a WHERE a.token = lease.attempt AND a.outcome = 'running')
         RETURNING lease.address`,
        [address, token, this.leaseMs],
      );
      if (taken.length > 0) return undefined;
      const [holder] = await this.database.query<OutputLeaseHolder>(
        `SELECT a.run_id AS "runId", a.worker_name AS worker
         FROM output_leases l JOIN attempts a ON a.token = l.attempt WHERE l.address = $1`,
        [address],
      );
      // Given back between the two statements: then it is free.
      if (holder !== undefined) return holder;
    }
  }

  /** Gives an attempt's lease back, where it still has it; what others have left behind goes too. */
  async release(address: string, token: string): Promise<void> {
    await this.database.query(
      `DELETE FROM output_leases WHERE (address = $1 AND attempt = $2) OR expires_at < now() - interval '1 minute'`,
      [address, token],
    );
  }

  /** Files of an address that any run has shared, each once, the newest first. */
  async files(address: string): Promise<SharedOutput[]> {
    const rows = await this.database.query<{ name: string; sha256: string; size: string }>(
      `SELECT f.name, f.sha256, a.size FROM run_artifacts f JOIN artifacts a USING (sha256)
       WHERE f.output_address = $1
       GROUP BY f.name, f.sha256, a.size ORDER BY max(f.created_at) DESC, f.name LIMIT $2`,
      [address, MOST_FILES],
    );
    return rows.map((row) => ({ ...row, size: Number(row.size) }));
  }
}
