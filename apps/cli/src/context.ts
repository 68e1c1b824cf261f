import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadCliConfig, type CliConfig } from '#config';
import { ApiClient } from './client/api-client.js';
import { UsageError } from './cli-error.js';
import { INSTALLATION } from './installation.js';
import { runningStart } from './platform/start-lock.js';
import type { Terminal } from './terminal/terminal.js';

/** What every command gets: the terminal and the environment. */
export interface Context {
  readonly terminal: Terminal;
  readonly config: CliConfig;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Said by a command that serves until it is stopped: to be stopped is its good end. */
  servesUntilStopped(): void;
}

export const DEFAULT_DATA_FOLDER = '.distillery';
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** A client of the server that is meant: `--url`, else DISTILLERY_URL, else the one that was started here. */
export async function connect(context: Context, url?: string): Promise<ApiClient> {
  const chosen = url ?? context.config.serverUrl ?? (await localServer()) ?? DEFAULT_URL;
  if (!URL.canParse(chosen) || !/^https?:$/.test(new URL(chosen).protocol)) {
    throw new UsageError(`"${chosen}" is not the URL of a server`, 'write it as http://host:port');
  }
  return new ApiClient({ url: chosen, token: context.config.token, signal: context.interrupted });
}

/** The `start` of this folder's data, or of the installation's. */
async function localServer(): Promise<string | undefined> {
  for (const folder of new Set([process.cwd(), INSTALLATION])) {
    const running = await runningStart(path.join(folder, DEFAULT_DATA_FOLDER));
    if (running !== undefined) return running.url;
  }
  return undefined;
}

export function createContext(rest: Omit<Context, 'config'>): Context {
  return { ...rest, config: loadCliConfig() };
}

/** Reads a file that the command line names; one that can't be read is the command line's fault. */
export async function readNamedFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`there is no file ${file}`);
    if (error.code === 'EISDIR') throw new UsageError(`${file} is a folder; name a spec file (YAML or JSON)`);
    throw new UsageError(`${file} can't be read: ${error.message}`);
  });
}
