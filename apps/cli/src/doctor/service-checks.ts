import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArtifactsUrl, withoutPassword, type CliConfig } from '#config';
import { ApiClient } from '../client/api-client.js';
import { CliError } from '../cli-error.js';
import { postgresAccount } from '../postgres/account.js';
import { findBinaries } from '../postgres/binaries.js';
import { isFree } from '../postgres/ports.js';
import type { Check } from './check.js';

const ANSWER_MS = 5000;

/** The port that `start` and `api` would listen on. */
export async function portCheck({ host, port = 3000, token }: CliConfig): Promise<Check> {
  const name = 'port';
  if (await isFree(port, host)) return { name, status: 'ok', detail: `${port} of ${host} is free` };
  const client = new ApiClient({ url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, token });
  if (await client.isLive()) return { name, status: 'ok', detail: `Distillery serves on ${client.url}` };
  return {
    name,
    status: 'problem',
    detail: `${port} of ${host} is taken by another program`,
    remedy: `Choose another one: "npm start -- --port ${port + 1}", or set PORT.`,
  };
}

/** The database that DATABASE_URL names, else whether the one that npm brings runs here. */
export async function postgresCheck({ databaseUrl }: CliConfig): Promise<Check> {
  const name = 'Postgres';
  if (databaseUrl === undefined) return embeddedPostgres(name);
  const detail = withoutPassword(databaseUrl);
  try {
    const url = new URL(databaseUrl);
    await reach(url.hostname || '127.0.0.1', Number(url.port || 5432));
    // Loaded here alone: it is large, and every other command does without it.
    const { connectDatabase } = await import('#persistence');
    const database = await connectDatabase({ url: databaseUrl, poolSize: 1, applicationName: 'distillery doctor' });
    await database.close();
    return { name, status: 'ok', detail: `${detail} answers` };
  } catch (error) {
    return {
      name,
      status: 'problem',
      detail: `${detail}: ${(error as Error).message}`,
      remedy: 'Start it, or correct DATABASE_URL.',
    };
  }
}

async function embeddedPostgres(name: string): Promise<Check> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'distillery-doctor-'));
  try {
    const { version } = await findBinaries(postgresAccount(), scratch);
    return { name, status: 'ok', detail: `${version}, embedded; DATABASE_URL would name another one` };
  } catch (error) {
    const remedy = error instanceof CliError ? error.remedy : undefined;
    return { name, status: 'problem', detail: (error as Error).message, remedy: remedy ?? 'Set DATABASE_URL.' };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The queue and the artifact store, where the environment names them; embedded ones need no look. */
export async function namedServiceChecks({ queueUrl, artifactsUrl }: CliConfig): Promise<Check[]> {
  const checks: Promise<Check>[] = [];
  if (queueUrl !== undefined && /^rediss?:/.test(queueUrl)) {
    const url = new URL(queueUrl);
    checks.push(reachable('Redis', 'QUEUE_URL', url.hostname, Number(url.port || 6379)));
  }
  if (artifactsUrl?.startsWith('s3:')) {
    try {
      // Keys may come by variables of their own: whether they are right is not what is looked at.
      const place = parseArtifactsUrl(artifactsUrl, { accessKey: '-', secretKey: '-' });
      if (place.kind === 's3') checks.push(reachable('S3', 'ARTIFACTS_URL', place.host, place.port));
    } catch (error) {
      const detail = (error as Error).message;
      checks.push(Promise.resolve({ name: 'S3', status: 'problem', detail, remedy: 'Correct ARTIFACTS_URL.' }));
    }
  }
  return Promise.all(checks);
}

async function reachable(name: string, variable: string, host: string, port: number): Promise<Check> {
  try {
    await reach(host, port);
    return { name, status: 'ok', detail: `${host}:${port} answers` };
  } catch (error) {
    const detail = `${host}:${port}: ${(error as Error).message}`;
    return { name, status: 'problem', detail, remedy: `Start it, or correct ${variable}.` };
  }
}

/** Resolves when something accepts a connection. */
function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: ANSWER_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`nothing answers within ${ANSWER_MS / 1000} s`)));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ECONNREFUSED' ? new Error('connection refused') : error),
    );
  });
}
