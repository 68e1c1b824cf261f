import { pageOf, RunDetailSchema, RunSchema, type Run, type RunDetail, type RunState } from '#contracts';
import { CliError, UsageError } from '../cli-error.js';
import { ProblemError, type ApiClient } from './api-client.js';

export class NoSuchRunError extends CliError {
  override name = 'NoSuchRunError';
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const PREFIX = /^[0-9a-f-]{4,36}$/i;
const RunPageSchema = pageOf(RunSchema);

/**
 * Finds the run that a person means by an id, the beginning of one, or `latest:NAME` (the newest of an experiment).
 * @param state of the runs among which `latest:` looks; any, where it is not given
 */
export async function findRun(client: ApiClient, reference: string, state?: RunState): Promise<RunDetail> {
  const id = UUID.test(reference) ? reference.toLowerCase() : (await lookUp(client, reference, state)).id;
  try {
    return await client.get(`runs/${id}`, RunDetailSchema);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) throw noSuchRun(reference);
    throw error;
  }
}

async function lookUp(client: ApiClient, reference: string, state: RunState | undefined): Promise<Run> {
  if (reference.startsWith('latest:')) {
    const name = reference.slice('latest:'.length);
    for await (const run of allRuns(client, { search: name, state })) if (run.experimentName === name) return run;
    throw noSuchRun(reference, state);
  }
  if (!PREFIX.test(reference)) {
    throw new UsageError(
      `"${reference}" is not a run`,
      'give an id, the first 4 or more characters of one, or latest:NAME',
    );
  }
  const matches: Run[] = [];
  for await (const run of allRuns(client)) if (run.id.startsWith(reference.toLowerCase())) matches.push(run);
  if (matches.length === 0) throw noSuchRun(reference);
  if (matches.length > 1) {
    const list = matches.slice(0, 5).map((run) => `\n  ${run.id}  ${run.experimentName}`);
    throw new UsageError(
      `"${reference}" is the beginning of ${matches.length} runs:${list.join('')}`,
      'give more of the id',
    );
  }
  return matches[0];
}

/** Every run, newest first, fetched page by page as it is asked for. */
export async function* allRuns(
  client: ApiClient,
  query: Record<string, string | readonly string[] | undefined> = {},
): AsyncGenerator<Run> {
  let cursor: string | undefined;
  do {
    const page = await client.get('runs', RunPageSchema, { limit: 500, ...query, cursor });
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

function noSuchRun(reference: string, state?: RunState): CliError {
  const which = state === undefined ? 'run' : `${state} run`;
  return new NoSuchRunError(`there is no ${which} "${reference}"`, { remedy: '"distillery ls" lists the runs' });
}
