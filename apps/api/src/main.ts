import path from 'node:path';
import { ConfigError, loadConfig, Logger } from '#config';
import { DatabaseError } from '#persistence';
import { startApi } from './start-api.js';

/** Stopping takes no longer than this, whatever hangs. Milliseconds. */
const STOP_MS = 10_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = new Logger({ service: 'api', level: config.logLevel });
  const stopping = new AbortController();
  const stop = (why: string) => {
    if (stopping.signal.aborted) process.exit(1);
    logger.info(`stopping: ${why}`);
    stopping.abort(new Error(why));
    setTimeout(() => process.exit(1), STOP_MS).unref();
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // Forked by a parent that is gone: nobody is left who would stop us.
  if (process.send !== undefined) process.on('disconnect', () => stop('the parent process is gone'));
  try {
    const dashboard = path.resolve(import.meta.dirname, '../../web');
    const api = await startApi({ config, logger, dashboard, signal: stopping.signal });
    logger.info(`listening on ${api.url}`);
    process.send?.({ type: 'ready' });
    await aborted(stopping.signal);
    await api.close();
  } catch (error) {
    if (!stopping.signal.aborted) {
      const reason = reasonOf(error, config);
      if (reason !== undefined) logger.error(`the api cannot start: ${reason}`);
      else logger.error('the api cannot start', error);
      process.exit(1);
    }
  }
  process.exit(0);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What a person can mend, in words; `undefined` where the error is a defect of ours, whose stack is wanted. */
function reasonOf(error: unknown, { host, port }: { host: string; port: number }): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is taken: set PORT to another one`;
  if (code === 'EACCES') return `port ${port} of ${host} may not be used by this user: set PORT to one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `this machine has no address ${host}: set HOST to one of its own`;
  return error instanceof DatabaseError ? `${message}: check DATABASE_URL` : undefined;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}
