/** Where the queue is, as `QUEUE_URL` says. */
export type QueueLocation =
  | {
      kind: 'redis';
      host: string;
      port: number;
      username: string | undefined;
      password: string | undefined;
      database: number;
      tls: boolean;
      /** Begins every key: installations with different prefixes share a Redis without seeing each other. */
      prefix: string;
    }
  | { kind: 'postgres'; connectionString: string };

/**
 * Reads `redis[s]://user:password@host:port/database?prefix=name` or `postgres://…`. Throws an Error that names what is
 * wrong and holds no part of the credentials.
 */
export function parseQueueUrl(text: string): QueueLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') {
    return { kind: 'postgres', connectionString: text };
  }
  if (url === undefined || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) {
    throw new Error('QUEUE_URL must begin with redis://, rediss:// or postgres://');
  }
  const database = url.pathname.replace(/^\//, '');
  if (!/^\d{0,5}$/.test(database)) throw new Error('QUEUE_URL: the path of a Redis URL is the number of a database');
  return {
    kind: 'redis',
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: url.port === '' ? 6379 : Number(url.port),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: Number(database),
    tls: url.protocol === 'rediss:',
    prefix: url.searchParams.get('prefix') || 'distillery',
  };
}
