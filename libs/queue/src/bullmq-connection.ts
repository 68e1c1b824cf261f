import { createPostgresBackend, Queue, runMigrations, Worker, type Processor, type WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { parseQueueUrl, type QueueLocation } from './queue-location.js';
import { translated } from './queue-unavailable-error.js';

/** What travels with a message. */
export interface MessageData {
  runId: string;
  attempt: number;
}

export type MessageQueue = Pick<Queue, 'add' | 'remove' | 'getJobCounts' | 'close' | 'disconnect'>;
export type MessageWorker = Pick<Worker, 'run' | 'close' | 'disconnect' | 'extendJobLocks'>;
type Settings = Omit<WorkerOptions, 'connection' | 'prefix'>;

const QUEUE_NAME = 'runs';
/** How long the queue may take to connect or to answer before it counts as unreachable, ms. */
const PATIENCE_MS = 10_000;

/** Opens the publishing side. Throws QueueUnavailableError where the queue cannot be reached. */
export async function openQueue(url: string, onError: (error: Error) => void): Promise<MessageQueue> {
  const location = await prepared(url);
  const queue = newQueue(location);
  queue.on('error', onError);
  await queue.waitUntilReady();
  return queue;
}

/** Opens the consuming side. Throws QueueUnavailableError where the queue cannot be reached. */
export async function openWorker(
  url: string,
  processor: Processor<MessageData>,
  settings: Settings,
  onError: (error: Error) => void,
): Promise<MessageWorker> {
  const location = await prepared(url);
  const worker = newWorker(location, processor, settings);
  worker.on('error', onError);
  await worker.waitUntilReady();
  return worker;
}

function newQueue(location: QueueLocation) {
  if (location.kind === 'postgres') {
    return new Queue(QUEUE_NAME, { connection: pool(location) }, createPostgresBackend);
  }
  // A publisher fails fast and its caller keeps the message: commands must not pile up while Redis is away.
  const connection = { ...client(location), enableOfflineQueue: false, commandTimeout: PATIENCE_MS };
  return new Queue(QUEUE_NAME, { connection, prefix: location.prefix });
}

function newWorker(location: QueueLocation, processor: Processor<MessageData>, settings: Settings) {
  if (location.kind === 'postgres') {
    return new Worker(QUEUE_NAME, processor, { ...settings, connection: pool(location) }, createPostgresBackend);
  }
  const connection = { ...client(location), maxRetriesPerRequest: null };
  return new Worker(QUEUE_NAME, processor, { ...settings, connection, prefix: location.prefix });
}

/**
 * Proves that the queue answers and, in Postgres, brings its schema up to date; any number of processes may do so at
 * once. A connection of BullMQ's that fails at its start stays unusable, hence this comes first.
 */
async function prepared(url: string): Promise<QueueLocation> {
  const location = parseQueueUrl(url);
  try {
    await (location.kind === 'postgres' ? migrateSchema(location) : pingRedis(location));
  } catch (error) {
    throw translated(error, 'be reached');
  }
  return location;
}

async function migrateSchema({ connectionString }: QueueLocation & { kind: 'postgres' }): Promise<void> {
  const session = new pg.Client({ connectionString, connectionTimeoutMillis: PATIENCE_MS });
  session.on('error', () => undefined);
  try {
    await session.connect();
    await runMigrations(session);
  } finally {
    await session.end();
  }
}

async function pingRedis(location: QueueLocation & { kind: 'redis' }): Promise<void> {
  const probe = new Redis({ ...client(location), lazyConnect: true, retryStrategy: () => null });
  let refusal: Error | undefined;
  probe.on('error', (error: Error) => (refusal ??= error));
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    // ioredis says only that the connection is closed; the reason came with its event.
    throw refusal ?? error;
  } finally {
    probe.disconnect();
  }
}

function pool({ connectionString }: QueueLocation & { kind: 'postgres' }) {
  return {
    connectionString,
    max: 4,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
    keepAlive: true,
    application_name: 'distillery-queue',
  };
}

function client(location: QueueLocation & { kind: 'redis' }) {
  const { host, port, username, password, database, tls, prefix } = location;
  return {
    host,
    port,
    username,
    password,
    db: database,
    tls: tls ? {} : undefined,
    connectionName: `distillery-queue:${prefix}`,
    connectTimeout: PATIENCE_MS,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** tries, 2000),
  };
}
