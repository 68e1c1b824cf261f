import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDatabase } from '#persistence';
import { buildPrograms, createTestDatabase, type TestDatabase } from '../../../test/services/test-services.js';
import { severable } from '../../../test/severable.js';

const entry = path.resolve(import.meta.dirname, '../../../dist/apps/api/src/main.js');

interface Program {
  child: ChildProcess;
  lines: string[];
  /** Resolves with the exit code; of one that was killed, with the signal's name. */
  ended: Promise<number | string>;
  ready: Promise<void>;
  /** The origin that it says it listens on. */
  url(): string;
}

let folder: string;
let database: TestDatabase;
let running: Program[] = [];

beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-api-main-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  running = [];
});

function start(env: Record<string, string>): Program {
  const { PATH } = process.env;
  const child = fork(entry, [], { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const program: Program = {
    child,
    lines,
    // Not its 'close' event: Node leaves that out where the parent has closed the channel.
    ended: Promise.all([once(child, 'exit'), once(child.stdout!, 'close'), once(child.stderr!, 'close')]).then(
      ([[code, signal]]) => (code ?? signal) as number | string,
    ),
    ready: new Promise((resolve) =>
      child.on('message', (message) => {
        if ((message as { type?: string }).type === 'ready') resolve();
      }),
    ),
    url: () => /listening on (http:\S+?)"/.exec(lines.join('\n'))![1],
  };
  running.push(program);
  return program;
}

/** Ready, or a failure with what it said. */
async function readied(program: Program): Promise<Program> {
  const end = await Promise.race([program.ready, program.ended]);
  if (end !== undefined) throw new Error(`ended (${end}):\n${program.lines.join('\n')}`);
  await vi.waitFor(() => program.url());
  return program;
}

describe('the api as a program', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const environment = (more: Record<string, string> = {}) => ({
    DATABASE_URL: database.url,
    ARTIFACTS_URL: pathToFileURL(path.join(folder, 'artifacts')).href,
    PORT: '0',
    ...more,
  });

  it('lists everything that is wrong with its environment, without a stack, and ends', async () => {
    const program = start({ PORT: 'eighty', LOG_LEVEL: 'loud', HOST: '0.0.0.0' });
    expect(await program.ended).toBe(1);
    const said = program.lines.join('\n');
    for (const variable of ['DATABASE_URL', 'ARTIFACTS_URL', 'PORT', 'LOG_LEVEL', 'HOST'])
      expect(said).toContain(variable);
    expect(said).toContain('.env.example');
    expect(said).not.toMatch(/\n\s+at /);
  });

  it('migrates an empty database together with others that start at once, and all serve', async () => {
    const programs = await Promise.all([1, 2].map(() => readied(start(environment()))));
    for (const program of programs) {
      const response = await fetch(`${program.url()}/health/ready`);
      expect(await response.json()).toMatchObject({ status: 'ok' });
      expect((await fetch(`${program.url()}/api/v1/runs`)).status).toBe(200);
    }
    const migrated = programs.flatMap(({ lines }) => lines.filter((line) => line.includes('"migrations"')));
    expect(migrated).toHaveLength(1);
    // SIGTERM ends it in order, also while somebody watches.
    const watching = await fetch(`${programs[0].url()}/api/v1/events`);
    programs.forEach(({ child }) => child.kill('SIGTERM'));
    expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual([0, 0]);
    await watching.text();
    const connection = await connectDatabase({ url: database.url });
    const left = `SELECT application_name FROM pg_stat_activity
      WHERE datname = current_database() AND application_name IN ('distillery api', 'distillery listener', 'distillery-queue')`;
    await vi.waitFor(async () => expect(await connection.query(left)).toEqual([]), { timeout: 10_000 });
    await connection.close();
  });

  it('ends when the parent that forked it is gone', async () => {
    const program = await readied(start(environment()));
    program.child.disconnect();
    expect(await program.ended).toBe(0);
  });

  it('waits for a database that is not there yet, and says so once', async () => {
    const way = await severable(database.url, { severed: true });
    const program = start(environment({ DATABASE_URL: way.url, QUEUE_URL: database.url }));
    await vi.waitFor(() => expect(program.lines.join('\n')).toMatch(/waiting for the database: .*check DATABASE_URL/), {
      timeout: 20_000,
    });
    await way.restore();
    await readied(program);
    expect(program.lines.filter((line) => line.includes('waiting for the database'))).toHaveLength(1);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    await way.sever();
  });

  it('waits for a queue that is not there yet, and can be stopped meanwhile', async () => {
    const way = await severable(database.url, { severed: true });
    const program = start(environment({ QUEUE_URL: way.url }));
    await vi.waitFor(() => expect(program.lines.join('\n')).toMatch(/waiting for the queue: /), { timeout: 20_000 });
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('says in a line that its port is taken, and that a database does not exist', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const program = start(environment({ PORT: String(port) }));
    expect(await program.ended).toBe(1);
    expect(program.lines.join('\n')).toContain(`the api cannot start: port ${port} of 127.0.0.1 is taken: set PORT`);
    await new Promise((resolve) => other.close(resolve));
    const nowhere = new URL(database.url);
    nowhere.pathname = '/nobody_made_this';
    const lost = start(environment({ DATABASE_URL: nowhere.href }));
    expect(await lost.ended).toBe(1);
    expect(lost.lines.join('\n')).toMatch(/the api cannot start: .*nobody_made_this.*check DATABASE_URL/);
    expect(lost.lines.join('\n')).not.toMatch(/"stack"/);
  });
});
