import { parseSpec, type Report } from '#contracts';
import {
  connectDatabase,
  ExperimentStore,
  migrate,
  PostgresAttemptStore,
  RunStore,
  WorkerStore,
  type BegunAttempt,
  type Database,
} from '#persistence';
import { createTestDatabase } from './services/test-services.js';

export interface OpenDatabase {
  url: string;
  database: Database;
  close(): Promise<void>;
}

/** A fresh, migrated database of the caller's own. */
export async function openTestDatabase(): Promise<OpenDatabase> {
  const { url, drop } = await createTestDatabase();
  const database = await connectDatabase({ url });
  await migrate(database);
  return {
    url,
    database,
    close: async () => {
      await database.close();
      await drop();
    },
  };
}

/** Submits a spec as the api does; the ids of its runs, in their order. */
export async function submitRuns(
  database: Database,
  written: unknown,
): Promise<{ experimentId: string; runs: string[] }> {
  const parsed = parseSpec(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { experiment } = await new ExperimentStore(database).submit({ spec: parsed.spec });
  return { experimentId: experiment.id, runs: experiment.runs.map((run) => run.id) };
}

/** Takes the next attempt at a queued run, as a worker does that has just got its message. */
export async function beginRun(database: Database, runId: string, workerId?: string): Promise<BegunAttempt> {
  const { attempt } = await new RunStore(database).get(runId);
  const id = workerId ?? (await registerWorker(database));
  const begun = await new PostgresAttemptStore(database).begin({ runId, attempt: attempt + 1, workerId: id });
  if (begun === undefined) throw new Error(`run ${runId} could not be begun`);
  return begun;
}

export function registerWorker(database: Database, name = 'worker'): Promise<string> {
  return new WorkerStore(database).register({ name, slots: 1, accelerator: 'cpu' });
}

/** Runs a queued run to its end. */
export async function completeRun(database: Database, runId: string, report?: Report): Promise<void> {
  const { token } = await beginRun(database, runId);
  await new PostgresAttemptStore(database).finish(token, { type: 'completed', report });
}
