import { createArtifactStore, type ArtifactStore } from '#artifacts';
import type { Config, Logger } from '#config';
import { connectDatabase, migrate, type Database } from '#persistence';
import { available } from './available.js';

/** What the worker stands on, besides the queue. */
export interface Services {
  database: Database;
  artifacts: ArtifactStore;
}

/** Waits for the database and the artifact store. The api migrates, too: whoever comes first does it. */
export async function connectServices(
  config: Config,
  waiting: { logger: Logger; signal: AbortSignal },
): Promise<Services> {
  const artifacts = createArtifactStore(config);
  const database = await available(
    'the database',
    () => connectDatabase({ url: config.databaseUrl, applicationName: 'distillery worker' }),
    waiting,
  );
  try {
    await available('the database', () => migrate(database), waiting);
    await available('the artifact store', () => artifacts.check(), waiting);
    return { database, artifacts };
  } catch (error) {
    await database.close();
    throw error;
  }
}
