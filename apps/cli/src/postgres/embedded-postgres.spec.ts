import { chmodSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { readPointer } from './place.js';
import { isAlive, readPostmaster } from './postmaster.js';

const isRoot = process.getuid?.() === 0;
let parent: string;
let dataFolder: string;
const notes: string[] = [];
const running: EmbeddedPostgres[] = [];

async function start(): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ dataFolder, onNote: (line) => notes.push(line) });
  running.push(server);
  return server;
}

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number> {
  const { folder } = (await readPointer(dataFolder))!;
  return (await readPostmaster(path.join(folder, 'data')))!.pid;
}

beforeEach(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'distillery-postgres-'));
  chmodSync(parent, 0o755);
  dataFolder = path.join(parent, '.distillery');
  await mkdir(dataFolder);
  notes.length = 0;
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  const pointer = await readPointer(dataFolder);
  if (pointer !== undefined && !pointer.folder.startsWith(parent)) await rm(pointer.folder, { recursive: true });
  await rm(parent, { recursive: true, force: true });
});

describe('EmbeddedPostgres', () => {
  it('keeps data, port and password from one start to the next', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE t AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT answer FROM t')).toEqual([{ answer: 42 }]);
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const server = await start();
    const url = new URL(server.url);
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(path.join(dataFolder, 'postgres.json'))).mode & 0o077).toBe(0);
  });

  it('recovers what was committed when the server was killed in the middle of writing', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE t (id int primary key)');
    const pid = await postmasterPid();
    const crashed = new Promise<string>((resolve) => (first.onCrash = resolve));
    const client = new pg.Client({ connectionString: first.url });
    client.on('error', () => {});
    await client.connect();
    let acknowledged = 0;
    const writing = (async () => {
      for (let id = 1; ; id++) {
        await client.query('INSERT INTO t VALUES ($1)', [id]);
        acknowledged = id;
        if (id === 200) process.kill(pid, 'SIGKILL');
      }
    })();
    await expect(writing).rejects.toThrow();
    expect(await crashed).toMatch(/SIGKILL/);
    await first.launch();
    const [{ count }] = await query<{ count: number }>(first.url, 'SELECT count(*)::int AS count FROM t');
    expect(count).toBeGreaterThanOrEqual(acknowledged);
  });

  it('takes over a server that a killed start has left running', async () => {
    const orphan = await start();
    await query(orphan.url, 'CREATE TABLE t AS SELECT 1 AS id');
    const pid = await postmasterPid();
    const successor = await start();
    expect(notes).toContain('took over the database of a start that was killed');
    expect(isAlive(pid) && (await postmasterPid()) === pid).toBe(false);
    expect(await query(successor.url, 'SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  it.runIf(isRoot)(
    'moves out of a private folder that the user nobody cannot enter, and finds its way back',
    async () => {
      chmodSync(parent, 0o700);
      const first = await start();
      expect(notes).toEqual([expect.stringMatching(/^the database is in .*distillery\/[0-9a-f]{16}: /)]);
      expect(existsSync(path.join(dataFolder, 'postgres'))).toBe(false);
      await query(first.url, 'CREATE TABLE t AS SELECT 1 AS id');
      await first.stop();
      const second = await start();
      expect(await query(second.url, 'SELECT id FROM t')).toEqual([{ id: 1 }]);
    },
  );

  it('refuses data of another major version of Postgres', async () => {
    const server = await start();
    await server.stop();
    const { folder } = (await readPointer(dataFolder))!;
    const file = path.join(folder, 'data', 'PG_VERSION');
    await writeFile(file, '15\n');
    await expect(start()).rejects.toThrow(/was written by Postgres 15; this is Postgres 18/);
    expect((await readFile(file, 'utf8')).trim()).toBe('15');
  });
});
