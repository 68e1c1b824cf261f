import { translate } from './database-errors.js';
import type { Database } from './database.js';

/** Any constant will do, as long as nothing else in the database takes the same advisory lock. */
const MIGRATION_LOCK = 7_301_199_420_137;

/**
 * Brings the schema up to date. Several processes that start at once wait for one another: the first migrates, the
 * others find nothing to do. Returns the names of the migrations that it ran.
 */
export async function migrate(database: Database): Promise<string[]> {
  const lock = database.source.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const ran = await database.source.runMigrations();
      return ran.map((migration) => migration.name);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } catch (error) {
    throw translate(error);
  } finally {
    await lock.release();
  }
}
