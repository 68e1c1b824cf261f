import { Inject, Injectable } from '@nestjs/common';
import { Logger } from '#config';
import type { Failure } from '#contracts';
import { DatabaseUnavailableError, PostgresAttemptStore, RunStore, WorkerStore } from '#persistence';
import { createRunConsumer, type RunConsumer, type RunLease } from '#queue';
import { AttemptFactory } from './attempts/attempt-factory.js';
import type { Attempt } from './attempts/attempt.js';
import { GpuPool } from './machine/gpu-pool.js';
import { Settings } from './platform/settings.js';
import { Registration } from './registration.js';

/** Thrown by the handler: the message goes back to the queue, for this or another worker, after a pause. */
class NotTaken extends Error {
  override name = 'NotTaken';
}

/** Above what a drain takes: a handler that has not ended by then hangs. */
const CLOSE_RESERVE_MS = 3000;

/** Takes runs from the queue, as many at once as there are slots, and sees each attempt to its end. */
@Injectable()
export class RunIntake {
  private consumer: RunConsumer | undefined;
  private readonly active = new Set<Attempt>();
  private drainBy: number | undefined;
  private readonly gpus: GpuPool;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(PostgresAttemptStore) private readonly attempts: PostgresAttemptStore,
    @Inject(RunStore) private readonly runs: RunStore,
    @Inject(WorkerStore) private readonly workers: WorkerStore,
    @Inject(Registration) private readonly registration: Registration,
    @Inject(AttemptFactory) private readonly factory: AttemptFactory,
    @Inject(Logger) private readonly logger: Logger,
  ) {
    this.gpus = new GpuPool(settings.plan.gpus);
  }

  /** Throws QueueUnavailableError where the queue is away. */
  async start(): Promise<void> {
    const { config, plan } = this.settings;
    this.consumer = await createRunConsumer(config, {
      concurrency: plan.slots,
      leaseMs: config.worker.leaseMs,
      handle: (lease) => this.handle(lease),
      onError: (error) => this.report(error),
    });
  }

  /** A run is to be cancelled, or, without an id, any may be: what is in hand asks for itself. */
  look(runId?: string): void {
    for (const attempt of this.active) if (runId === undefined || attempt.begun.runId === runId) void attempt.look();
  }

  /**
   * Takes nothing more and drains what is in hand. Resolves when all has ended, or soon after the time is over; called
   * again, it keeps to the shorter time.
   * @returns whether all has ended
   */
  async drain(withinMs: number): Promise<boolean> {
    this.drainBy = Math.min(this.drainBy ?? Infinity, performance.now() + withinMs);
    for (const attempt of this.active) attempt.drain(this.drainBy);
    await this.consumer?.close(withinMs + CLOSE_RESERVE_MS);
    return this.active.size === 0;
  }

  private async handle({ message, signal }: RunLease): Promise<void> {
    if (this.drainBy !== undefined) throw new NotTaken('the worker stops');
    const { runId, attempt: number } = message;
    const refusal = await this.refusalOf(runId);
    const begun = await this.attempts.begin({ runId, attempt: number, workerId: this.registration.id });
    if (begun === undefined) return this.logger.debug('a message asks for nothing', { ...message });
    if (refusal !== undefined) return this.factory.create(begun, undefined).refuse(refusal);
    const gpu = this.gpus.take();
    const attempt = this.factory.create(begun, gpu);
    this.active.add(attempt);
    const onLost = () => attempt.lose(`The worker lost its lease: ${(signal.reason as Error).message}`);
    if (signal.aborted) onLost();
    signal.addEventListener('abort', onLost, { once: true });
    // Asked to stop while the attempt was being begun.
    if (this.drainBy !== undefined) attempt.drain(this.drainBy);
    try {
      await attempt.run();
    } finally {
      signal.removeEventListener('abort', onLost);
      this.active.delete(attempt);
      this.gpus.giveBack(gpu);
    }
  }

  /**
   * A run that needs a GPU is left to the workers that have one, if this is none of them; where there is none, waiting in silence helps nobody,
   * and it fails with what is returned here.
   */
  private async refusalOf(runId: string): Promise<Failure | undefined> {
    const run = (await this.runs.find([runId])).get(runId);
    if (run?.state !== 'queued') return undefined;
    const { spec } = await this.runs.get(runId);
    if (spec.resources.accelerator !== 'gpu' || this.settings.plan.gpus.length > 0) return undefined;
    const workers = await this.workers.list();
    if (workers.some(({ alive, accelerator }) => alive && accelerator === 'gpu')) {
      throw new NotTaken(`run ${runId} is left to a worker with a GPU`);
    }
    return {
      class: 'user',
      field: 'resources.accelerator',
      message: 'resources.accelerator: the run asks for a GPU, and no worker has one that its engine can use.',
      remedy: 'Write "any" instead of "gpu"; or start a worker with a GPU, then retry the run.',
    };
  }

  private report(error: Error): void {
    if (error instanceof NotTaken) this.logger.debug(error.message);
    else if (error instanceof DatabaseUnavailableError) this.logger.warn(`a run waits: ${error.message}`);
    else this.logger.warn('taking runs is disturbed', error);
  }
}
