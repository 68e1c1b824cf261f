import type { z } from 'zod';
import { ConfigError, ENVIRONMENT, type ConfigProblem } from './config.js';
import { cacheFolder } from './cache-folder.js';

/** What the environment says to the command line: everything may be absent. */
export type CliConfig = Readonly<{
  /** Of the server that commands talk to. */
  serverUrl: string | undefined;
  token: string | undefined;
  /** Services that take the place of the embedded ones in `start`. */
  databaseUrl: string | undefined;
  queueUrl: string | undefined;
  artifactsUrl: string | undefined;
  host: string;
  /** The port that the environment names; undefined: it names none. */
  port: number | undefined;
  cacheFolder: string;
  /** Folder or URL that stands in for the places where pretrained weights are published. */
  weightsMirror: string | undefined;
  /** Threads that a trainer of `train` and `predict` may use; 0: decided by the machine. */
  threads: number;
  /** Runs at once of a worker on this machine; undefined: decided by the machine. */
  slots: number | undefined;
  engine: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
}>;

const serverUrl = (value: string) =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : 'must be a URL that begins with http:// or https://';

/** Throws ConfigError with every problem at once. */
export function loadCliConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const problems: ConfigProblem[] = [];
  const read = <Schema extends z.ZodType>(variable: string, schema: Schema): z.output<Schema> => {
    const parsed = schema.safeParse(env[variable] || undefined);
    if (!parsed.success) problems.push(...parsed.error.issues.map(({ message }) => ({ variable, message })));
    return parsed.data as z.output<Schema>;
  };
  const problem = env.DISTILLERY_URL ? serverUrl(env.DISTILLERY_URL) : undefined;
  if (problem !== undefined) problems.push({ variable: 'DISTILLERY_URL', message: problem });
  const config = {
    serverUrl: env.DISTILLERY_URL || undefined,
    token: env.DISTILLERY_TOKEN || undefined,
    databaseUrl: read('DATABASE_URL', ENVIRONMENT.DATABASE_URL.optional()),
    queueUrl: read('QUEUE_URL', ENVIRONMENT.QUEUE_URL),
    artifactsUrl: read('ARTIFACTS_URL', ENVIRONMENT.ARTIFACTS_URL.optional()),
    host: read('HOST', ENVIRONMENT.HOST),
    port: env.PORT ? read('PORT', ENVIRONMENT.PORT) : undefined,
    cacheFolder: cacheFolder(env),
    weightsMirror: read('DISTILLERY_WEIGHTS_MIRROR', ENVIRONMENT.DISTILLERY_WEIGHTS_MIRROR),
    threads: read('DISTILLERY_THREADS', ENVIRONMENT.DISTILLERY_THREADS) ?? 0,
    slots: read('WORKER_SLOTS', ENVIRONMENT.WORKER_SLOTS),
    engine: read('DISTILLERY_ENGINE', ENVIRONMENT.DISTILLERY_ENGINE),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The environment of a child process: this one's own with some variables set, or, by `undefined`, removed. */
export function environmentWith(
  variables: Readonly<Record<string, string | undefined>>,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries({ ...env, ...variables }).filter(([, value]) => value !== undefined));
}
