import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { buildPrograms, createTestDatabase, testRedisUrl, testS3Url } from './services/test-services.js';

const root = path.resolve(import.meta.dirname, '..');

export interface PlatformOptions {
  /** What carries the queue. `postgres`: the platform's own database. */
  queue?: 'redis' | 'postgres';
  /** Where artifacts are kept. `file`: a temporary folder. */
  artifacts?: 'file' | 's3';
  /** Api processes over the same database; the first is the one at `url`. */
  apis?: number;
  workers?: number;
  /** Variables for every process, such as WORKER_SLOTS or DISTILLERY_ENGINE. */
  env?: Record<string, string>;
}

export interface TestPlatform {
  /** Origin of the first api. */
  url: string;
  databaseUrl: string;
  apis: TestProcess[];
  workers: TestProcess[];
  /** One more worker, as if another machine had joined. */
  addWorker(): Promise<TestProcess>;
  /** Stops the processes, drops the database and removes the folders. */
  stop(): Promise<void>;
}

/** One api or worker: a real process, forked from dist/. */
export interface TestProcess {
  readonly pid: number;
  /** Origin of an api; empty for a worker. */
  readonly url: string;
  /** What it has printed so far, for the message of a failing test. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<void>;
}

/** Above the worker's own drain time: a worker that takes longer hangs. */
const STOP_PATIENCE_MS = 30_000;

/**
 * Brings the whole platform up as separate processes on free ports, with a database of its own. Throws with the words
 * of a process that does not start, and where the asked-for Redis or S3 cannot be had.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const { queue = 'postgres', artifacts = 'file', apis = 1, workers = 1, env = {} } = options;
  await buildPrograms();
  const queueUrl = queue === 'redis' ? await needed('Redis', testRedisUrl()) : undefined;
  const s3Url = artifacts === 's3' ? await needed('S3 store', testS3Url()) : undefined;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-platform-'));
  const database = await createTestDatabase();
  const shared: Record<string, string> = {
    DATABASE_URL: database.url,
    QUEUE_URL: queueUrl ?? database.url,
    ARTIFACTS_URL: s3Url ?? pathToFileURL(path.join(folder, 'artifacts')).href,
    HOST: '127.0.0.1',
    ...env,
  };
  const platform: TestPlatform = {
    url: '',
    databaseUrl: database.url,
    apis: [],
    workers: [],
    addWorker: async () => {
      const name = `worker-${platform.workers.length + 1}`;
      const worker = await start('worker', { ...shared, WORKER_NAME: name }, '');
      platform.workers.push(worker);
      return worker;
    },
    stop: async () => {
      await Promise.all(platform.workers.map(stopProcess));
      await Promise.all(platform.apis.map(stopProcess));
      await database.drop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    for (let index = 0; index < apis; index++) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      platform.apis.push(await start('api', { ...shared, PORT: String(port) }, url));
    }
    platform.url = platform.apis[0].url;
    for (let index = 0; index < workers; index++) await platform.addWorker();
  } catch (error) {
    await platform.stop();
    throw error;
  }
  return platform;
}

/** Forks one program of dist/ and waits until it says that it serves. */
function start(name: 'api' | 'worker', env: Record<string, string>, url: string): Promise<TestProcess> {
  const entry = path.join(root, 'dist', 'apps', name, 'src', 'main.js');
  const child = fork(entry, [], {
    env: { ...process.env, ...env },
    // A group of its own, so that what it leaves behind can be ended with it.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const running: TestProcess = {
    pid: child.pid ?? -1,
    url,
    output: () => lines.join('\n'),
    signal: (signal) => void child.kill(signal),
    exited,
  };
  processes.set(running, child);
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type === 'ready') resolve(running);
    });
    child.once('error', reject);
    void exited.then(() => reject(new Error(`the ${name} did not start:\n${lines.join('\n')}`)));
  });
}

const processes = new WeakMap<TestProcess, ChildProcess>();

async function stopProcess(running: TestProcess): Promise<void> {
  const child = processes.get(running);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await running.exited;
  clearTimeout(impatience);
  try {
    process.kill(-running.pid, 'SIGKILL');
  } catch {
    // It left nothing behind: the good case.
  }
}

async function needed(what: string, url: Promise<string | undefined>): Promise<string> {
  const found = await url;
  if (found === undefined) throw new Error(`There is no ${what} to test with: skip these specs where it is undefined`);
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP port of 127.0.0.1 is free');
  return address.port;
}
