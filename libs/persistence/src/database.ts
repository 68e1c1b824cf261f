import { DataSource, type QueryRunner } from 'typeorm';
import { isTransient, translate } from './database-errors.js';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from '../../../migrations/index.js';
import { SnakeCaseNaming } from './snake-case-naming.js';

/** What statements can be sent to: the pool, or one transaction. */
export interface Queryable {
  /** Sends one statement; the rows it returned (of a SELECT, or of RETURNING). */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** One open transaction. All that is written through it is written together or not at all. */
export class Transaction implements Queryable {
  constructor(private readonly runner: QueryRunner) {}

  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.runner.query(sql, [...parameters], true);
    return result.records as Row[];
  }
}

/** The pool of connections. Every error that leaves it is one of `database-errors.ts`. */
export class Database implements Queryable {
  constructor(
    readonly source: DataSource,
    readonly url: string,
  ) {}

  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.withRunner((runner) => new Transaction(runner).query<Row>(sql, parameters));
  }

  /** Runs `work` in a transaction; after a deadlock, again (at most 5 times), so it must have no other side effects. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.withRunner((runner) => inTransaction(runner, work), false);
      } catch (error) {
        if (!isTransient(error) || tries >= 5) throw translate(error);
      }
    }
  }

  /** Resolves when the database answers. */
  async check(): Promise<void> {
    await this.query('SELECT 1');
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  private async withRunner<T>(work: (runner: QueryRunner) => Promise<T>, translated = true): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      throw translated ? translate(error) : error;
    } finally {
      await runner.release();
    }
  }
}

async function inTransaction<T>(runner: QueryRunner, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await runner.startTransaction();
  try {
    const result = await work(new Transaction(runner));
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // The first error is what matters; a rollback fails only on a connection that is lost, and then nothing was written.
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

export interface DatabaseOptions {
  /** postgres:// URL. */
  url: string;
  /** Connections at most. */
  poolSize?: number;
  /** Shown by Postgres in pg_stat_activity. */
  applicationName?: string;
}

export function createDataSource({ url, poolSize = 10, applicationName = 'distillery' }: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    applicationName,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeCaseNaming(),
    // gen_random_uuid() is part of Postgres since 13: no extension to install.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    connectTimeoutMS: 10_000,
    // A connection that breaks while idle is replaced by the pool; the next statement tells if the database is gone.
    poolErrorHandler: () => undefined,
  });
}

/** Connects; throws DatabaseUnavailableError where the database does not answer. The schema is `migrate`'s work. */
export async function connectDatabase(options: DatabaseOptions): Promise<Database> {
  const source = createDataSource(options);
  try {
    await source.initialize();
  } catch (error) {
    throw translate(error);
  }
  return new Database(source, options.url);
}
