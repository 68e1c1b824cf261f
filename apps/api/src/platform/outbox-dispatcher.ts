import { Inject, Injectable } from '@nestjs/common';
import { Logger } from '#config';
import { Outbox, type OutboxMessage } from '#persistence';
import type { RunPublisher } from '#queue';
import { PUBLISHER } from './ports.js';
import { RepeatingTask } from './repeating-task.js';

const BATCH = 100;
const POLL_MS = 5_000;

/** Carries what is in the outbox to the queue: when it is told of something, and every few seconds in any case. */
@Injectable()
export class OutboxDispatcher {
  private readonly task = new RepeatingTask(
    () => this.dispatch(),
    POLL_MS,
    (error) => this.logger.error('publishing to the queue failed; it is tried again', error),
  );

  constructor(
    private readonly outbox: Outbox,
    @Inject(PUBLISHER) private readonly publisher: RunPublisher,
    private readonly logger: Logger,
  ) {}

  wake(): void {
    this.task.wake();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** Publishes all that is due. */
  async dispatch(): Promise<void> {
    for (;;) {
      const messages = await this.outbox.claim(BATCH);
      const results = await Promise.allSettled(messages.map((message) => this.publish(message)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      if (messages.length < BATCH) return;
    }
  }

  private async publish(message: OutboxMessage): Promise<void> {
    try {
      await this.publisher.publish(message);
    } catch (error) {
      await this.outbox.release(message);
      throw error;
    }
    await this.outbox.published(message);
  }
}
