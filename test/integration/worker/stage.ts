import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import { loadConfig } from '#config';
import { SpecSchema, type RunState, type Spec } from '#contracts';
import {
  connectDatabase,
  ExperimentStore,
  LogStore,
  MetricStore,
  migrate,
  Outbox,
  Reconciler,
  RunArtifactStore,
  RunControl,
  RunStore,
  type Database,
} from '#persistence';
import { createRunPublisher, type RunPublisher } from '#queue';
import { buildPrograms, createTestDatabase } from '../../services/test-services.js';
import { severable, type Severable } from '../../severable.js';

const PROCESSES = path.resolve(import.meta.dirname, '../../processes');
const PUBLISH_EVERY_MS = 50;

export interface StageOptions {
  /** QUEUE_URL; default: the database. */
  queueUrl?: string;
  /** ARTIFACTS_URL; default: a folder of the stage's own. */
  artifactsUrl?: string;
}

export interface StagedWorker {
  pid: number;
  name: string;
  output(): string;
  signal(signal: NodeJS.Signals): void;
  disconnect(): void;
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>;
}

/**
 * Postgres, a queue, a folder of artifacts and worker processes, without an api: what an api does for runs (it publishes
 * them, and finds lost ones) is done here by the same parts.
 */
export class Stage {
  readonly workers: StagedWorker[] = [];
  readonly experiments: ExperimentStore;
  readonly runs: RunStore;
  readonly control: RunControl;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly files: RunArtifactStore;
  private readonly publishing: NodeJS.Timeout;
  private published: Promise<void> = Promise.resolve();
  private readonly children: ChildProcess[] = [];
  private severed = false;

  private constructor(
    readonly folder: string,
    readonly database: Database,
    private readonly queueUrl: string,
    private readonly publisher: RunPublisher,
    readonly artifacts: ArtifactStore,
    private readonly artifactsUrl: string,
    /** The workers' way to the database. */
    readonly way: Severable,
    private readonly drop: () => Promise<void>,
  ) {
    this.experiments = new ExperimentStore(database);
    this.runs = new RunStore(database);
    this.control = new RunControl(database);
    this.metrics = new MetricStore(database);
    this.logs = new LogStore(database);
    this.files = new RunArtifactStore(database);
    this.publishing = setInterval(() => {
      this.published = this.published.then(() => this.publish()).catch(() => undefined);
    }, PUBLISH_EVERY_MS);
  }

  static async open({ queueUrl, artifactsUrl }: StageOptions = {}): Promise<Stage> {
    await buildPrograms();
    const { url, drop } = await createTestDatabase();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-stage-'));
    const database = await connectDatabase({ url });
    await migrate(database);
    const publisher = await createRunPublisher({ queueUrl: queueUrl ?? url });
    const kept = artifactsUrl ?? pathToFileURL(path.join(folder, 'artifacts')).href;
    const artifacts = createArtifactStore(loadConfig({ DATABASE_URL: url, ARTIFACTS_URL: kept }));
    const way = await severable(url);
    return new Stage(folder, database, queueUrl ?? url, publisher, artifacts, kept, way, drop);
  }

  get cacheFolder(): string {
    return path.join(this.folder, 'cache');
  }

  /** What a worker is told by its environment; `DATABASE_URL` leads through `way`. */
  environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
    return {
      ...process.env,
      DATABASE_URL: this.way.url,
      QUEUE_URL: this.queueUrl,
      ARTIFACTS_URL: this.artifactsUrl,
      DISTILLERY_CACHE: this.cacheFolder,
      WORKER_NAME: `worker-${this.workers.length + 1}`,
      WORKER_SLOTS: '1',
      ...env,
    };
  }

  /**
   * Forks a worker, without waiting for it to serve.
   * @param trainer the program of its trainers; default: the scripted one
   */
  forkWorker(
    env: Record<string, string> = {},
    trainer = path.join(PROCESSES, 'scripted-trainer.js'),
  ): { worker: StagedWorker; ready: Promise<void> } {
    const environment = this.environment(env);
    const child = fork(path.join(PROCESSES, 'worker.js'), [trainer], {
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.children.push(child);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
    }
    const worker: StagedWorker = {
      pid: child.pid!,
      name: environment.WORKER_NAME!,
      output: () => lines.join('\n'),
      signal: (signal) => void child.kill(signal),
      disconnect: () => child.disconnect(),
      // Not 'close': Node does not tell of it once this side has disconnected.
      exited: once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals | null),
    };
    this.workers.push(worker);
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        if ((message as { type?: unknown }).type === 'ready') resolve();
      });
      void worker.exited.then(() => reject(new Error(`the worker did not start:\n${lines.join('\n')}`)));
    });
    ready.catch(() => undefined);
    return { worker, ready };
  }

  async startWorker(env?: Record<string, string>, trainer?: string): Promise<StagedWorker> {
    const { worker, ready } = this.forkWorker(env, trainer);
    await ready;
    return worker;
  }

  /** Submits an experiment for a scripted trainer; `script` is the name of what it does. The ids of its runs. */
  async submit(script: string, more: Record<string, unknown> = {}): Promise<string[]> {
    const spec: Spec = SpecSchema.parse({
      name: script,
      dataset: { name: 'mnist' },
      ...(more.pipeline === undefined && { pipeline: 'transfer', backbone: { model: 'small_cnn', weights: 'none' } }),
      ...more,
    });
    const { experiment } = await this.experiments.submit({ spec });
    return experiment.runs.map((run) => run.id);
  }

  async until(runId: string, state: RunState, timeout = 30_000): Promise<void> {
    const seen = async () => {
      const run = await this.runs.get(runId);
      return run.state === 'failed' && state !== 'failed' ? `failed: ${JSON.stringify(run.failure)}` : run.state;
    };
    await expect.poll(seen, { timeout, interval: 50 }).toBe(state);
  }

  /** Waits until this many values of the loss are in the database. */
  async untilSteps(runId: string, least: number): Promise<void> {
    await expect.poll(async () => (await this.losses(runId)).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(least);
  }

  /** The stored loss of each step, in the order of the steps. */
  async losses(runId: string): Promise<{ step: number; value: number }[]> {
    return this.database.query(
      `SELECT step, value FROM metric_points WHERE run_id = $1 AND key = 'train.loss' ORDER BY step`,
      [runId],
    );
  }

  async lines(runId: string): Promise<string[]> {
    const rows = await this.database.query<{ message: string }>(
      'SELECT message FROM log_lines WHERE run_id = $1 ORDER BY seq',
      [runId],
    );
    return rows.map(({ message }) => message);
  }

  /** The processes of the run's trainers, oldest first: a scripted trainer says its pid. */
  async trainers(runId: string): Promise<number[]> {
    return (await this.lines(runId)).flatMap((line) => (line.startsWith('pid ') ? [Number(line.slice(4))] : []));
  }

  /** The database is away for the workers. */
  async sever(): Promise<void> {
    this.severed = true;
    await this.way.sever();
  }

  async restore(): Promise<void> {
    this.severed = false;
    await this.way.restore();
  }

  async close(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
    await Promise.all(this.workers.map((worker) => worker.exited));
    clearInterval(this.publishing);
    await this.published;
    await this.publisher.close();
    if (!this.severed) await this.way.sever();
    await this.database.close();
    await this.drop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  private async publish(): Promise<void> {
    const outbox = new Outbox(this.database);
    for (const message of await outbox.claim(100)) {
      await this.publisher.publish(message);
      await outbox.published(message);
    }
    await new Reconciler(this.database).pass();
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
