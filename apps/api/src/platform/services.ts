import { setTimeout as sleep } from 'node:timers/promises';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import type { Config, Logger } from '#config';
import { connectDatabase, DatabaseUnavailableError, migrate, type Database } from '#persistence';
import { createRunPublisher, QueueUnavailableError, type RunPublisher } from '#queue';

/** What the api stands on. */
export interface Services {
  database: Database;
  publisher: RunPublisher;
  artifacts: ArtifactStore;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** How often a person is told again that something is still waited for. */
const REMINDER_MS = 30_000;

/**
 * Connects to the database and the queue, and brings the schema up to date. What is away is waited for, with a line that
 * says so; what will not come by waiting (a wrong password, a database that does not exist) is thrown.
 */
export async function connectServices(config: Config, logger: Logger, signal: AbortSignal): Promise<Services> {
  const database = await available('the database', logger, signal, () =>
    connectDatabase({ url: config.databaseUrl, applicationName: 'distillery api' }),
  );
  try {
    const ran = await migrate(database);
    if (ran.length > 0) logger.info(`the database is up to date: ${ran.length} migrations`, { migrations: ran });
    const publisher = await available('the queue', logger, signal, () =>
      createRunPublisher(config, { onError: (error) => logger.warn('the queue is disturbed', error) }),
    );
    return {
      database,
      publisher,
      artifacts: createArtifactStore(config),
      close: async () => {
        await publisher.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Tries until it succeeds, or fails for another reason than being away, or the signal is aborted (its reason is thrown). */
async function available<T>(what: string, logger: Logger, signal: AbortSignal, connect: () => Promise<T>): Promise<T> {
  let told = -Infinity;
  for (let tries = 0; ; tries++) {
    try {
      const connected = await connect();
      if (tries > 0) logger.info(`${what} is there`);
      return connected;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError || error instanceof QueueUnavailableError)) throw error;
      if (Date.now() - told > REMINDER_MS) {
        told = Date.now();
        logger.warn(`waiting for ${what}: ${error.message}`);
      }
    }
    signal.throwIfAborted();
    await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries), undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
