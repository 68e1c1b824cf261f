import { Inject, Injectable } from '@nestjs/common';
import { Logger } from '#config';
import { NotFoundError, WORKER_SILENCE_MS, WorkerStore } from '#persistence';
import { Settings } from './platform/settings.js';

const BEAT_MS = WORKER_SILENCE_MS / 4;
/** After a heartbeat that failed, the next one comes sooner: the silence that is allowed is short. */
const RETRY_MS = 1000;

/** Makes the worker known, and keeps saying that it lives. */
@Injectable()
export class Registration {
  private workerId: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    @Inject(WorkerStore) private readonly workers: WorkerStore,
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Under which the worker begins attempts. */
  get id(): string {
    if (this.workerId === undefined) throw new Error('the worker is not registered yet');
    return this.workerId;
  }

  async start(): Promise<void> {
    await this.register();
    this.schedule(BEAT_MS);
  }

  /** Says that the worker has left, where the database can be told. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.beating;
    if (this.workerId === undefined) return;
    await this.workers.leave(this.workerId).catch((error: Error) => this.logger.warn('nobody was told goodbye', error));
  }

  private async register(): Promise<void> {
    const { config, plan } = this.settings;
    this.workerId = await this.workers.register({
      name: config.worker.name,
      slots: plan.slots,
      accelerator: plan.gpus.length > 0 ? 'gpu' : 'cpu',
    });
  }

  private schedule(afterMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.beating = this.beat();
    }, afterMs);
  }

  private async beat(): Promise<void> {
    try {
      await this.workers.heartbeat(this.id);
      this.schedule(BEAT_MS);
    } catch (error) {
      if (error instanceof NotFoundError) {
        this.logger.warn('the database does not know this worker any more; it registers again');
        await this.register().catch(() => undefined);
      } else {
        this.logger.warn('the heartbeat failed; it is tried again', error as Error);
      }
      this.schedule(RETRY_MS);
    }
  }
}
