import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import { loadConfig, Logger } from '#config';
import type { Experiment, Problem } from '#contracts';
import type { Clock } from '../apps/api/src/platform/clock.js';
import { startApi } from '../apps/api/src/start-api.js';
import { openTestDatabase, type OpenDatabase } from './database.js';
import { logistic } from './specs.js';

export interface TestApiOptions {
  /** Variables besides those of the services, such as DISTILLERY_TOKEN. */
  env?: Record<string, string>;
  clock?: Clock;
  /** Folder of the built dashboard. */
  dashboard?: string;
  /** Several apis over one database. */
  database?: OpenDatabase;
}

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

export interface TestApi {
  url: string;
  database: OpenDatabase;
  artifacts: ArtifactStore;
  /** Lines that it has logged. */
  lines: string[];
  /** `path` is below /api/v1; an object is sent as JSON. */
  send<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  /** Submits; fails the test where that is refused. */
  submit(spec?: Record<string, unknown>): Promise<Experiment>;
  close(): Promise<void>;
}

/** The api of this process: a real HTTP server over a real Postgres, which is its queue, too. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-api-'));
  const database = options.database ?? (await openTestDatabase());
  const config = loadConfig({
    DATABASE_URL: database.url,
    ARTIFACTS_URL: pathToFileURL(path.join(folder, 'artifacts')).href,
    PORT: '0',
    ...options.env,
  });
  const lines: string[] = [];
  const logger = new Logger({ service: 'api', stream: collecting(lines) });
  const tidy = async () => {
    if (options.database === undefined) await database.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const { clock, dashboard } = options;
  const api = await startApi({ config, logger, clock, dashboard }).catch(async (error: unknown) => {
    await tidy();
    throw error;
  });
  const send: TestApi['send'] = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const isText = typeof body === 'string';
    const response = await fetch(`${api.url}/api/v1/${path}`, {
      method,
      headers: { ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || isText ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  };
  return {
    url: api.url,
    database,
    artifacts: createArtifactStore(config),
    lines,
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    submit: async (spec = logistic) => {
      const answer = await send<Experiment>('POST', 'experiments', spec);
      if (answer.status !== 201) throw new Error(`not submitted: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    close: async () => {
      await api.close();
      await tidy();
    },
  };
}

/** The failing fields of a refusal: path → message. */
export function fieldsOf(answer: Answer): Record<string, string> {
  return Object.fromEntries(((answer.body as Problem).errors ?? []).map(({ path, message }) => [path, message]));
}

function collecting(lines: string[]): NodeJS.WritableStream {
  return { write: (text: string) => lines.push(text) > 0 } as unknown as NodeJS.WritableStream;
}
