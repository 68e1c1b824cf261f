import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImageAsWritten1795851900000 } from '../../../migrations/202611280745-image-as-written.js';
import { MIGRATIONS } from '../../../migrations/index.js';
import { submitRuns } from '../../../test/database.js';
import { createTestDatabase, type TestDatabase } from '../../../test/services/test-services.js';
import { transfer } from '../../../test/specs.js';
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

  it('take the mean and deviation that were filled in out of specs, and leave those that were written', async () => {
    const [database] = databases;
    const ofWeights = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    const { runs: plain } = await submitRuns(database, transfer);
    const { runs: written } = await submitRuns(database, { ...transfer, image: ofWeights });
    const imageOf = async ([id]: string[]) => {
      const [{ image }] = await database.query<{ image: object }>(
        `SELECT spec -> 'image' AS image FROM runs WHERE id = $1`,
        [id],
      );
      return image;
    };
    for (const table of ['runs', 'experiments']) {
      const filledIn = `"squash","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`;
      await database.query(`UPDATE ${table} SET spec = replace(spec::text, '"squash"}', $1)::json`, [filledIn]);
    }
    expect(await imageOf(plain)).toHaveProperty('mean');
    const runner = database.source.createQueryRunner();
    await new ImageAsWritten1795851900000().up(runner);
    await runner.release();
    expect(await imageOf(plain)).toEqual({ size: 224, resize: 'squash' });
    expect(await imageOf(written)).toEqual({ size: 224, resize: 'squash', ...ofWeights });
    const left = await database.query(`SELECT id FROM experiments WHERE spec::text LIKE '%0.485%'`);
    expect(left).toEqual([]);
  });
});
