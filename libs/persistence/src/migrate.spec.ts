import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../../../test/services/test-services.js';
import { connectDatabase, type Database } from './database.js';
import { migrate } from './migrate.js';

let server: TestDatabase;
let databases: Database[];
beforeAll(async () => {
  server = await createTestDatabase();
  databases = await Promise.all([1, 2, 3].map(() => connectDatabase({ url: server.url, poolSize: 3 })));
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await server.drop();
});

describe('migrations', () => {
  it('run once where several processes start at once', async () => {
    const ran = await Promise.all(databases.map(migrate));
    expect(ran.flat().sort()).toEqual(MIGRATIONS.map(({ name }) => name).sort());
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
  });

  it('produce the schema of the entities: after a change of one, "npm run migration:generate" writes the other', async () => {
    const { upQueries } = await databases[0].source.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be undone and run again', async () => {
    for (let undone = 0; undone < MIGRATIONS.length; undone++) await databases[0].source.undoLastMigration();
    const tables = await databases[0].query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'migrations'`,
    );
    expect(tables).toEqual([]);
    expect(await migrate(databases[0])).toHaveLength(MIGRATIONS.length);
  });
});
