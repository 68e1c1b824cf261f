import os from 'node:os';
import path from 'node:path';
import { LOG_LEVELS } from '#contracts';
import { z } from 'zod';
import { parseArtifactsUrl, type ArtifactsLocation } from './artifacts-location.js';
import { cacheFolder } from './cache-folder.js';

/** What the environment says, read once at start. */
export type Config = Readonly<{
  /** Of the Postgres database that holds the truth. */
  databaseUrl: string;
  /** Of the queue: redis://, rediss:// or postgres://. The database itself where none is named. */
  queueUrl: string;
  artifacts: ArtifactsLocation;
  host: string;
  port: number;
  /** Where people reach the API, without a trailing slash. */
  publicOrigin: string;
  /** The bearer token that the API asks for; undefined: no authentication, loopback only. */
  token: string | undefined;
  cacheFolder: string;
  /** Folder or URL that stands in for the places where pretrained weights are published. */
  weightsMirror: string | undefined;
  worker: Readonly<{
    name: string;
    /** Runs at once; undefined: by the machine's cores and memory. */
    slots: number | undefined;
    /** Threads of each slot's trainer; undefined: the cores shared among the slots. */
    threads: number | undefined;
    engine: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
    /** Folder that every spec's `dataset.path` must lie below; undefined: anywhere. */
    datasetsRoot: string | undefined;
    /** The queue's lease on a run: a worker that cannot renew it for this long has lost the run. Milliseconds. */
    leaseMs: number;
    /** Time that a stopping worker gives its trainers to stop by themselves. Milliseconds. */
    drainTimeoutMs: number;
  }>;
  logLevel: (typeof LOG_LEVELS)[number];
}>;

export interface ConfigProblem {
  variable: string;
  message: string;
}

/** Lists everything that is wrong with the environment; no message holds a value that may be a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    const list = problems.map(({ variable, message }) => `  ${variable} ${message}`).join('\n');
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`The environment has ${count}:\n${list}\nEvery variable is described in .env.example.`);
  }
}

const required = (example: string) => z.string({ error: `is missing: set it, for example to ${example}` });
const url = (...schemes: string[]) => {
  const legal = schemes.map((scheme) => `${scheme}://`).join(' or ');
  return (value: string) => {
    const scheme = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined;
    return scheme !== undefined && schemes.includes(scheme) ? undefined : `must be a URL that begins with ${legal}`;
  };
};
const checked = (schema: z.ZodString, problemOf: (value: string) => string | undefined) =>
  schema.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
const text = z.string().trim();
const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(z.number().min(min, error).max(max, error));
};
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
const origin = (value: string) => {
  if (url('http', 'https')(value) !== undefined) return 'must be a URL that begins with http:// or https://';
  const { pathname, search, hash, username } = new URL(value);
  return pathname === '/' && search === '' && hash === '' && username === ''
    ? undefined
    : 'must be an origin alone, such as https://distillery.example.org: the API lives at its root';
};

const mirror = (value: string) =>
  path.isAbsolute(value) || (URL.canParse(value) && /^(https?|file):$/.test(new URL(value).protocol))
    ? undefined
    : 'must be an absolute folder, or a URL that begins with https://, http:// or file://';

/** One schema per variable; an empty value counts as not set, as compose files produce it. */
export const ENVIRONMENT = {
  DATABASE_URL: checked(required('postgres://user:password@localhost:5432/distillery'), url('postgres', 'postgresql')),
  QUEUE_URL: checked(z.string(), url('redis', 'rediss', 'postgres', 'postgresql')).optional(),
  ARTIFACTS_URL: required('file:///var/lib/distillery/artifacts or s3://ACCESS:SECRET@localhost:9000/distillery'),
  S3_ACCESS_KEY: z.string().optional(),
  S3_SECRET_KEY: z.string().optional(),
  HOST: text.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  PUBLIC_ORIGIN: checked(z.string(), origin).optional(),
  DISTILLERY_TOKEN: z.string().min(16, 'must have at least 16 characters: `openssl rand -hex 32` makes one').optional(),
  DISTILLERY_CACHE: text.optional(),
  DISTILLERY_WEIGHTS_MIRROR: checked(z.string(), mirror).optional(),
  WORKER_NAME: text.max(120, 'must have at most 120 characters').optional(),
  WORKER_SLOTS: wholeNumber(1, 256).optional(),
  DISTILLERY_THREADS: wholeNumber(1, 1024).optional(),
  DISTILLERY_ENGINE: oneOf(['auto', 'tensorflow', 'wasm', 'cpu']).default('auto'),
  DATASETS_ROOT: text.refine((value) => path.isAbsolute(value), 'must be an absolute folder').optional(),
  RUN_LEASE_MS: wholeNumber(1000, 3_600_000).default(30_000),
  DRAIN_TIMEOUT_MS: wholeNumber(0, 3_600_000).default(20_000),
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
} as const;

type Environment = { [Name in keyof typeof ENVIRONMENT]: z.output<(typeof ENVIRONMENT)[Name]> };

/** Reads and checks the whole environment. Throws ConfigError with every problem at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const problems: ConfigProblem[] = [];
  const values: Partial<Record<string, unknown>> = {};
  for (const [variable, schema] of Object.entries(ENVIRONMENT)) {
    const parsed = schema.safeParse(env[variable] || undefined);
    if (parsed.success) values[variable] = parsed.data;
    else problems.push(...parsed.error.issues.map(({ message }) => ({ variable, message })));
  }
  const read = values as Partial<Environment>;
  const artifacts = artifactsOf(read, problems);
  if (read.HOST !== undefined && !isLoopback(read.HOST) && !env.DISTILLERY_TOKEN) {
    const message = 'is reachable from other machines: set DISTILLERY_TOKEN, or listen on 127.0.0.1';
    problems.push({ variable: 'HOST', message });
  }
  if (problems.length > 0 || artifacts === undefined) throw new ConfigError(problems);
  return configOf(values as Environment, artifacts, env);
}

function artifactsOf(read: Partial<Environment>, problems: ConfigProblem[]): ArtifactsLocation | undefined {
  if (read.ARTIFACTS_URL === undefined) return undefined;
  try {
    return parseArtifactsUrl(read.ARTIFACTS_URL, { accessKey: read.S3_ACCESS_KEY, secretKey: read.S3_SECRET_KEY });
  } catch (error) {
    problems.push({ variable: 'ARTIFACTS_URL', message: (error as Error).message });
    return undefined;
  }
}

function configOf(read: Environment, artifacts: ArtifactsLocation, env: NodeJS.ProcessEnv): Config {
  const hostInUrl = read.HOST.includes(':') ? `[${read.HOST}]` : read.HOST;
  return {
    databaseUrl: read.DATABASE_URL,
    queueUrl: read.QUEUE_URL ?? read.DATABASE_URL,
    artifacts,
    host: read.HOST,
    port: read.PORT,
    publicOrigin: new URL(read.PUBLIC_ORIGIN ?? `http://${hostInUrl}:${read.PORT}`).origin,
    token: read.DISTILLERY_TOKEN,
    cacheFolder: cacheFolder(env),
    weightsMirror: read.DISTILLERY_WEIGHTS_MIRROR,
    worker: {
      name: read.WORKER_NAME ?? os.hostname(),
      slots: read.WORKER_SLOTS,
      threads: read.DISTILLERY_THREADS,
      engine: read.DISTILLERY_ENGINE,
      datasetsRoot: read.DATASETS_ROOT,
      leaseMs: read.RUN_LEASE_MS,
      drainTimeoutMs: read.DRAIN_TIMEOUT_MS,
    },
    logLevel: read.LOG_LEVEL,
  };
}

/** Whether only programs of this machine reach what listens on this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
