import { Inject, Injectable } from '@nestjs/common';
import { Logger } from '#config';
import { ScheduleStore } from '#persistence';
import type { RunPublisher } from '#queue';
import { PUBLISHER } from '../platform/ports.js';
import { RepeatingTask } from '../platform/repeating-task.js';
import { Settings } from '../platform/settings.js';
import { nextDueTime } from './due-times.js';

/** How often it looks in any case: a notification may be lost, a firing may have failed. */
const POLL_MS = 5_000;

/**
 * Fires schedules when they are due. Every api process has one and wakes for the same times; which of them fires is
 * decided in the database.
 */
@Injectable()
export class Scheduler {
  private readonly task = new RepeatingTask(
    () => this.pass(),
    POLL_MS,
    (error) => this.logger.error('looking for due schedules failed; it is tried again', error),
  );
  private callOff: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly schedules: ScheduleStore,
    @Inject(PUBLISHER) private readonly publisher: RunPublisher,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /** Begins, or looks anew after a schedule was changed. */
  wake(): void {
    this.task.wake();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.task.stop();
    this.callOff?.();
  }

  /** Fires all that is due, then waits for what is due next. */
  private async pass(): Promise<void> {
    const { clock } = this.settings;
    // One schedule that cannot be fired must not keep the others back.
    const failed = new Set<string>();
    for (;;) {
      const due = (await this.schedules.due(clock.now())).filter((id) => !failed.has(id));
      if (due.length === 0) break;
      for (const id of due) {
        try {
          await this.fire(id);
        } catch (error) {
          failed.add(id);
          this.logger.error('a schedule could not be fired; it is tried again', error, { schedule: id });
        }
      }
    }
    const soonest = await this.schedules.soonestDue();
    this.callOff?.();
    this.callOff = undefined;
    if (soonest === undefined || soonest <= clock.now() || this.stopped) return;
    this.callOff = clock.at(soonest, () => this.task.wake());
  }

  private async fire(id: string): Promise<void> {
    const fired = await this.schedules.fire(id, this.settings.clock.now(), nextDueTime);
    if (fired === undefined) return;
    const { outcome, experimentId, note, withdrawals } = fired;
    const facts = { schedule: id, experiment: experimentId, note };
    if (outcome === 'failed') this.logger.warn('a scheduled experiment could not be submitted', facts);
    else this.logger.info(`schedule fired: ${outcome}`, facts);
    for (const withdrawal of withdrawals) {
      // Only tidiness, as for a run that a person cancels.
      this.publisher
        .withdraw(withdrawal)
        .catch((error: Error) => this.logger.debug('a cancelled run stays in the queue', error));
    }
  }
}
