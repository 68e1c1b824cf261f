import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArtifactSchema, listOf, type Artifact, type RunDetail } from '#contracts';
import { UnreachableError, type ApiClient } from '../client/api-client.js';
import { fetchArtifact } from '../client/fetch-artifact.js';
import { findRun, NoSuchRunError } from '../client/find-run.js';
import { CliError, UsageError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { latestLocalModel, modelFolder, RUNS_FOLDER, type LocalModel } from './local-runs.js';

export interface ModelReference {
  /** An id of a run of the server, or `latest:NAME`. */
  run?: string;
  /** Folder of a model, or of the run that made it. */
  model?: string;
  /** The server. */
  url?: string;
}

/**
 * The model folder that a person means. `latest:NAME` is the newest completed run of that name, of ./runs and of the
 * server; ids, and everything where a server is named by `--url`, are the server's.
 */
export async function findModel(context: Context, { run, model, url }: ModelReference): Promise<string> {
  if ((run === undefined) === (model === undefined)) {
    throw new UsageError(
      'give either --run or --model',
      'such as --run latest:transfer-cifar10, or --model ./runs/NAME',
    );
  }
  if (model !== undefined) {
    const folder = await modelFolder(model);
    if (folder === undefined) throw new UsageError(`--model: there is no folder ${model}`);
    return folder;
  }
  const name = run!.startsWith('latest:') && url === undefined ? run!.slice('latest:'.length) : undefined;
  const local = name === undefined ? undefined : await latestLocalModel(name);
  const client = await connect(context, url);
  const remote = await remoteRun(client, run!, name, local);
  if (remote === undefined || (local !== undefined && local.finishedAt >= (remote.finishedAt ?? ''))) {
    context.terminal.note(`model: ${path.relative('', local!.folder)}`);
    return local!.folder;
  }
  context.terminal.note(`model: run ${remote.id} of ${client.url}`);
  return downloadModel(context, client, remote);
}

/** The server's run; undefined where there is none, or no server, and a local one does as well. */
async function remoteRun(
  client: ApiClient,
  reference: string,
  name: string | undefined,
  local: LocalModel | undefined,
): Promise<RunDetail | undefined> {
  try {
    return await findRun(client, reference, 'completed');
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof NoSuchRunError)) throw error;
    if (local !== undefined) return undefined;
    if (name === undefined) throw error;
    throw new CliError(`there is no completed run "${name}" in ./${RUNS_FOLDER}, and ${error.message}`, {
      exitCode: error.exitCode,
      remedy: 'train it, or name the folder of a model with --model',
      cause: error,
    });
  }
}

/** Brings a run's model into the cache; what is there already and unchanged is not fetched again. */
async function downloadModel(context: Context, client: ApiClient, run: RunDetail): Promise<string> {
  const { items } = await client.get(`runs/${run.id}/artifacts`, listOf(ArtifactSchema));
  const files = items.filter(({ kind }) => kind === 'model');
  if (files.length === 0) {
    throw new CliError(`run ${run.id} has no model: it is ${run.state}`, {
      remedy: 'wait until it has completed, or name another run',
    });
  }
  const folder = path.join(context.config.cacheFolder, 'models', run.id);
  const display = progressDisplay(context.terminal);
  try {
    for (const file of files) {
      if (await isThere(path.join(folder, file.name), file)) continue;
      await fetchArtifact(client, file, folder, (fraction) => display.update('model', { fraction, detail: file.name }));
    }
  } finally {
    display.stop();
  }
  return path.join(folder, path.posix.dirname(files[0].name));
}

async function isThere(file: string, { sha256 }: Artifact): Promise<boolean> {
  if (!existsSync(file)) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === sha256;
}
