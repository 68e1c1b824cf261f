import { isTerminal, RunSchema, type Run } from '#contracts';
import type { ApiClient } from './api-client.js';

/**
 * Follows runs until all have ended. Reads each once the stream is open, so that no change falls between the two.
 * @param onChange called with every change of one of the runs
 */
export async function followRuns(
  client: ApiClient,
  ids: readonly string[],
  onChange: (run: Run) => void,
  signal?: AbortSignal,
): Promise<Map<string, Run>> {
  const runs = new Map<string, Run>();
  const take = (run: Run) => {
    const known = runs.get(run.id);
    if (!ids.includes(run.id) || (known !== undefined && isTerminal(known.state))) return;
    runs.set(run.id, run);
    onChange(run);
  };
  const done = () => runs.size === ids.length && [...runs.values()].every((run) => isTerminal(run.state));
  const refetch = async () => {
    for (const id of ids) take(await client.get(`runs/${id}`, RunSchema));
  };
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let fetched: Promise<void> | undefined;
  const onConnected = () => {
    fetched = refetch().then(() => {
      if (done()) stop.abort();
    });
    fetched.catch(() => stop.abort());
  };
  try {
    const run = ids.length === 1 ? ids[0] : undefined;
    for await (const event of client.events({ run, signal: either, onConnected })) {
      if (event.type === 'run') take(event.run);
      else if (event.type === 'reset') await refetch();
      if (done()) break;
    }
    await fetched;
  } finally {
    stop.abort();
  }
  return runs;
}
