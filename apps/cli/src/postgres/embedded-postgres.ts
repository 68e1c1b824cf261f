import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chown, lstat, mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { CliError } from '../cli-error.js';
import { postgresAccount, type Account } from './account.js';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { findPlace, writePointer, type Place } from './place.js';
import { freePort, isFree } from './ports.js';
import { stopStalePostmaster } from './postmaster.js';

const USER = 'distillery';
const DATABASE = 'distillery';
/** api, worker and their queues' pools, with room for a person's psql. */
const MAX_CONNECTIONS = 200;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

export interface EmbeddedPostgresOptions {
  /** The platform's data folder; exists. */
  dataFolder: string;
  /** Told, in one line, what a person should know of the start. */
  onNote(line: string): void;
}

/**
 * A Postgres server of our own, from npm's binaries: reached by TCP on loopback alone, with a random password (scram).
 * Its files outlive it; a server left behind by a killed process is stopped and its data recovered.
 */
export class EmbeddedPostgres {
  private process?: ChildProcess;
  private stopping = false;

  private constructor(
    readonly folder: string,
    private readonly port: number,
    private readonly password: string,
    private readonly binaries: PostgresBinaries,
    private readonly account: Account | undefined,
    private readonly logFile: string,
  ) {}

  get url(): string {
    return this.urlOf(DATABASE);
  }

  /** Called when the server has ended without being asked to. */
  onCrash: (message: string) => void = () => {};

  static async start({ dataFolder, onNote }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const account = postgresAccount();
    const place = await findPlace(dataFolder, account, freePort);
    if (place.moved !== undefined) onNote(place.moved);
    const { folder, password } = place.pointer;
    const binaries = await findBinaries(account, folder);
    const data = path.join(folder, 'data');
    if (await stopStalePostmaster(data)) onNote('took over the database of a start that was killed');
    const port = await keepPort(dataFolder, place);
    const logFile = path.join(dataFolder, 'logs', 'postgres.log');
    await mkdir(path.dirname(logFile), { recursive: true });
    const server = new EmbeddedPostgres(folder, port, password, binaries, account, logFile);
    await server.initialise();
    await server.launch();
    return server;
  }

  /** Ends all sessions, writes everything out, and ends. */
  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (process.platform === 'win32') {
      spawnSync(this.binaries.pgCtl, ['stop', '-D', this.data, '-m', 'fast', '-t', '20']);
    } else child.kill('SIGINT');
    const impatience = [
      setTimeout(() => child.kill('SIGQUIT'), 20_000),
      setTimeout(() => child.kill('SIGKILL'), 30_000),
    ];
    await exited;
    impatience.forEach(clearTimeout);
  }

  /** Ends it at once, as a power cut would: the next start recovers what was committed. */
  kill(): void {
    this.stopping = true;
    this.process?.kill('SIGQUIT');
  }

  /** Starts the server process and waits until it answers. */
  async launch(): Promise<void> {
    // While processes of a killed server still end, Postgres refuses to start beside them.
    const deadline = Date.now() + 15_000;
    for (;;) {
      const failure = await this.attempt();
      if (failure === undefined) return;
      if (!/shared memory block|lock file/.test(failure) || Date.now() > deadline) {
        throw new CliError(`the embedded Postgres did not start: ${failure}`, { remedy: `its log is ${this.logFile}` });
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  private get data(): string {
    return path.join(this.folder, 'data');
  }

  private urlOf(database: string): string {
    return `postgres://${USER}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes the cluster where there is none; half-made ones never get the name `data`. */
  private async initialise(): Promise<void> {
    const version = await readFile(path.join(this.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
    const ours = this.binaries.version.split('.')[0];
    if (version !== undefined) {
      if (version.trim() === ours) return;
      throw new CliError(`${this.data} was written by Postgres ${version.trim()}; this is Postgres ${ours}`, {
        remedy: 'dump it with the version that wrote it and restore it here, or start with another --data folder',
      });
    }
    if ((await lstat(this.data).catch(() => undefined)) !== undefined) {
      throw new CliError(`${this.data} is not a Postgres data directory`, {
        remedy: 'start with another --data folder',
      });
    }
    const half = path.join(this.folder, 'data.tmp');
    const passwordFile = path.join(this.folder, 'password.tmp');
    await rm(half, { recursive: true, force: true });
    await writeFile(passwordFile, this.password, { mode: 0o600 });
    if (this.account !== undefined) await chown(passwordFile, this.account.uid, this.account.gid);
    try {
      const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
      const auth = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
      const made = await this.run(this.binaries.initdb, ['-D', half, ...auth, ...locale]);
      if (made.code !== 0) {
        throw new CliError(`the embedded Postgres could not make its database: ${made.output.trim()}`, {
          remedy: 'see whether the disk is full, or set DATABASE_URL to a Postgres of your own',
        });
      }
      await rename(half, this.data);
    } finally {
      await rm(passwordFile, { force: true });
    }
  }

  private run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve) => {
      const child = spawn(command, args, { ...this.account, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (text: Buffer) => (output += text.toString()));
      child.stderr.on('data', (text: Buffer) => (output += text.toString()));
      child.on('error', (error) => resolve({ code: -1, output: error.message }));
      child.on('close', (code) => resolve({ code, output }));
    });
  }

  /** @returns why it did not start, or undefined where it answers */
  private async attempt(): Promise<string | undefined> {
    if (((await stat(this.logFile).catch(() => undefined))?.size ?? 0) > MAX_LOG_BYTES) await truncate(this.logFile);
    const log = await open(this.logFile, 'a');
    const from = (await log.stat()).size;
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: String(MAX_CONNECTIONS),
      log_timezone: 'UTC',
      timezone: 'UTC',
    };
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    // Detached: Ctrl-C reaches us alone, and Postgres ends last.
    const child = spawn(this.binaries.postgres, ['-D', this.data, '-p', String(this.port), ...flags], {
      ...this.account,
      cwd: this.folder,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let spawnError: string | undefined;
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        spawnError = error.message;
        resolve();
      });
    });
    await log.close();
    let ended = false;
    void exited.then(() => (ended = true));
    const deadline = Date.now() + 120_000;
    while (!ended) {
      if (await this.answers()) {
        this.process = child;
        void exited.then(() => {
          if (!this.stopping) this.onCrash(`Postgres has ended (${child.signalCode ?? child.exitCode})`);
        });
        return undefined;
      }
      if (Date.now() > deadline) {
        child.kill('SIGKILL');
        return 'it does not answer';
      }
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    return spawnError ?? (await readFile(this.logFile)).subarray(from).toString().trim();
  }

  /** Whether the server takes queries; makes our database at the first time. */
  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.urlOf('postgres'), connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
      return true;
    } catch (error) {
      // Starting up, or nobody listens yet.
      const code = (error as { code?: string }).code;
      if (code === '28P01') throw new CliError('the embedded Postgres refuses the password that postgres.json has');
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** The port of the last time, so that open connection strings stay right; another one where that is taken. */
async function keepPort(dataFolder: string, place: Place): Promise<number> {
  if (await isFree(place.pointer.port)) return place.pointer.port;
  const port = await freePort();
  await writePointer(dataFolder, { ...place.pointer, port });
  return port;
}
