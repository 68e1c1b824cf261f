import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentWith, isLoopback, type CliConfig } from '#config';
import { ApiClient } from '../client/api-client.js';
import { CliError } from '../cli-error.js';
import { EmbeddedPostgres } from '../postgres/embedded-postgres.js';
import { isFree } from '../postgres/ports.js';
import { ManagedProcess } from './managed-process.js';
import { lockDataFolder } from './start-lock.js';

export type Part = 'api' | 'worker' | 'postgres';

export interface PlatformOptions {
  dataFolder: string;
  port: number;
  config: CliConfig;
  /** Folder of the built programs, `dist/`. */
  programs: string;
  onLine(part: Part, line: string): void;
  onNote(line: string): void;
}

/** Time that the worker has to let its trainers write their checkpoints; above its own DRAIN_TIMEOUT_MS. */
const DRAIN_MS = 30_000;

/**
 * Everything on one machine: Postgres (also the queue), api and worker, artifacts below the data folder. Each service
 * that the environment names takes the place of the embedded one.
 */
export class Platform {
  /** What a browser of this machine opens. */
  readonly url: string;
  readonly client: ApiClient;
  private postgres?: EmbeddedPostgres;
  private api?: ManagedProcess;
  private worker?: ManagedProcess;
  private unlock?: () => Promise<void>;
  private stopped = false;
  private environment: Record<string, string | undefined> = {};

  constructor(private readonly options: PlatformOptions) {
    const { host } = options.config;
    const reachable = isLoopback(host) ? (host.includes(':') ? `[${host}]` : host) : '127.0.0.1';
    this.url = `http://${reachable}:${options.port}`;
    this.client = new ApiClient({ url: this.url, token: options.config.token });
  }

  /** Brings up the database and the api: from then on runs can be submitted and watched. */
  async startApi(): Promise<void> {
    const { dataFolder, port, config, onNote } = this.options;
    await mkdir(dataFolder, { recursive: true });
    this.unlock = await lockDataFolder(dataFolder, this.url);
    if (!(await isFree(port, config.host))) {
      throw new CliError(`port ${port} of ${config.host} is taken by another program`, {
        remedy: `choose another one with --port, such as "npm start -- --port ${port + 1}"`,
      });
    }
    if (config.databaseUrl === undefined) {
      this.postgres = await EmbeddedPostgres.start({ dataFolder, onNote });
      this.postgres.onCrash = (message) => void this.reviveDatabase(message);
    }
    this.environment = {
      DATABASE_URL: config.databaseUrl ?? this.postgres!.url,
      QUEUE_URL: config.queueUrl ?? config.databaseUrl ?? this.postgres!.url,
      ARTIFACTS_URL: config.artifactsUrl ?? pathToFileURL(path.join(dataFolder, 'artifacts')).href,
      HOST: config.host,
      PORT: String(port),
    };
    this.api = await this.launch('api');
  }

  /** Brings up the worker: from then on runs are taken. */
  async startWorker(): Promise<void> {
    if (!this.stopped) this.worker = await this.launch('worker');
  }

  /** Lets the runs write their checkpoints, then ends everything in the reverse order of its start. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.worker?.stop(DRAIN_MS);
    await this.api?.stop(10_000);
    await this.postgres?.stop();
    await this.unlock?.();
  }

  /** Ends everything at once; a Postgres that is killed recovers at the next start. */
  kill(): void {
    this.stopped = true;
    this.worker?.kill();
    this.api?.kill();
    this.postgres?.kill();
  }

  private async launch(name: 'api' | 'worker'): Promise<ManagedProcess> {
    const { programs, onLine, onNote } = this.options;
    const entry = path.join(programs, 'apps', name, 'src', 'main.js');
    if (!existsSync(entry)) {
      throw new CliError(`the ${name} is not built: ${entry} is missing`, { remedy: 'run "npm run build"' });
    }
    const env = environmentWith(this.environment);
    const child = new ManagedProcess({ name, entry, env, onLine: (line) => onLine(name, line), onNote });
    // Known to stop() before it is ready, so that Ctrl-C during the start ends it, too.
    this[name] = child;
    await child.start();
    return child;
  }

  private async reviveDatabase(message: string): Promise<void> {
    this.options.onNote(`${message}; it is started again and recovers`);
    try {
      await this.postgres!.launch();
    } catch (error) {
      if (!this.stopped) this.options.onNote((error as Error).message);
    }
  }
}
