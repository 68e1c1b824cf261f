import { Injectable } from '@nestjs/common';
import { Logger } from '#config';
import { EventStore, Reconciler } from '#persistence';
import { RepeatingTask } from './repeating-task.js';

const INTERVAL_MS = 5_000;
/** A watcher who was away for longer than this fetches everything anew. */
const EVENT_RETENTION_MS = 60 * 60 * 1000;

/** What has to be done again and again by one api process or another: see `Reconciler`, and events that are old. */
@Injectable()
export class Housekeeping {
  private readonly task = new RepeatingTask(
    () => this.pass(),
    INTERVAL_MS,
    (error) => this.logger.error('housekeeping failed; it is tried again', error),
  );

  constructor(
    private readonly reconciler: Reconciler,
    private readonly events: EventStore,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.task.wake();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async pass(): Promise<void> {
    const { lost, republished } = await this.reconciler.pass();
    if (lost > 0) this.logger.warn(`${lost} attempts were lost with their workers`);
    if (republished > 0) this.logger.debug(`${republished} queued runs are published again`);
    await this.events.trim(EVENT_RETENTION_MS);
  }
}
