import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { freePort, makeServiceFolder, ServiceMissing, startProcess, type Service } from './service.js';

/** TEST_DATABASE_URL (its user must be allowed to create databases), else the server that npm brought. */
export async function startPostgres(): Promise<Service> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return databasesOf(given, true, () => Promise.resolve());
  const { findBinaries } = await import('../../apps/cli/src/postgres/binaries.js');
  const { postgresAccount } = await import('../../apps/cli/src/postgres/account.js');
  const account = postgresAccount();
  const folder = makeServiceFolder('postgres', account);
  const binaries = await findBinaries(account, folder);
  const data = path.join(folder, 'data');
  const initdb = ['-D', data, '--auth=trust', '--username=test', '--no-sync', '--encoding=UTF8', '--locale=C'];
  const made = spawnSync(binaries.initdb, initdb, { ...account, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new ServiceMissing(`initdb failed: ${made.stderr || made.error?.message}`);
  const port = await freePort();
  // Nothing of a test's database has to survive a power cut.
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
  ];
  const url = `postgres://test@127.0.0.1:${port}/postgres`;
  const stop = await startProcess({
    command: binaries.postgres,
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    ...account,
    folder,
    stopSignal: 'SIGINT',
    answers: () => answers(url),
  });
  return databasesOf(url, false, stop);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function databasesOf(url: string, tidy: boolean, stop: () => Promise<void>): Service {
  const given: string[] = [];
  const administer = async (work: (client: pg.Client) => Promise<unknown>) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    async fresh() {
      const name = `distillery_test_${randomUUID().replaceAll('-', '')}`;
      await administer((client) => client.query(`CREATE DATABASE ${name}`));
      given.push(name);
      const own = new URL(url);
      own.pathname = `/${name}`;
      return own.href;
    },
    async stop() {
      if (tidy && given.length > 0) {
        await administer(async (client) => {
          for (const name of given) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        });
      }
      await stop();
    },
  };
}
