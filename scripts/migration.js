// Writes the migration that takes the schema of the newest migration to the schema of the entities:
//   npm run migration:generate NAME
// DATABASE_URL names a Postgres server on which a scratch database may be created; it is dropped at the end.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { format } from 'prettier';

const root = path.resolve(import.meta.dirname, '..');
const name = process.argv[2];
if (name === undefined || !/^[A-Z][A-Za-z]+$/.test(name)) {
  fail('usage: npm run migration:generate NAME, with a NAME such as AddRunTags');
}
if (process.env.DATABASE_URL === undefined) fail('set DATABASE_URL to a Postgres server for a scratch database');

const swc = path.join(root, 'node_modules/@swc/cli/bin/swc.js');
const compile = [swc, 'libs', 'migrations', '--out-dir', 'dist', '--config-file', '.swcrc', '--quiet'];
const built = spawnSync(process.execPath, compile, { cwd: root, stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const { connectDatabase, createDataSource, migrate } = await import(
  path.join(root, 'dist/libs/persistence/src/index.js')
);

const server = await connectDatabase({ url: process.env.DATABASE_URL, poolSize: 1 });
const scratch = `migration_${randomBytes(6).toString('hex')}`;
await server.query(`CREATE DATABASE ${scratch}`);
let statements;
try {
  const url = new URL(process.env.DATABASE_URL);
  url.pathname = `/${scratch}`;
  const database = await connectDatabase({ url: url.href });
  try {
    await migrate(database);
    statements = await database.source.driver.createSchemaBuilder().log();
  } finally {
    await database.close();
  }
} finally {
  await server.query(`DROP DATABASE ${scratch} WITH (FORCE)`);
  await server.close();
}
if (statements.upQueries.length === 0) {
  console.log('The migrations already produce the schema of the entities: nothing to write.');
  process.exit(0);
}

const stamp = Date.now();
const time = new Date(stamp).toISOString().replace(/\D/g, '').slice(0, 12);
const file = `${time}-${name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()}`;
const className = `${name}${stamp}`;
const calls = (queries) =>
  queries
    .map(
      ({ query, parameters }) =>
        `await runner.query(${template(query)}${parameters?.length ? `, ${JSON.stringify(parameters)}` : ''});`,
    )
    .join('\n');
const source = `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
    ${calls(statements.upQueries)}
  }

  async down(runner: QueryRunner): Promise<void> {
    ${calls([...statements.downQueries].reverse())}
  }
}
`;
const style = { ...JSON.parse(readFileSync(path.join(root, '.prettierrc'), 'utf8')), parser: 'typescript' };
writeFileSync(path.join(root, 'migrations', `${file}.ts`), await format(source, style));

const indexFile = path.join(root, 'migrations/index.ts');
const index = readFileSync(indexFile, 'utf8');
const lastImport = index.lastIndexOf('import ');
const afterImports = lastImport < 0 ? 0 : index.indexOf('\n', lastImport) + 1;
const withImport = `${index.slice(0, afterImports)}import { ${className} } from './${file}.js';\n${index.slice(afterImports)}`;
writeFileSync(indexFile, await format(withImport.replace(/\];\s*$/, `, ${className}];\n`).replace('[,', '['), style));
console.log(`Wrote migrations/${file}.ts: read it before it is committed.`);

function template(query) {
  return `\`${query.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
