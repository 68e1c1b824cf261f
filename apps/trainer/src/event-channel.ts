import type { TrainerEvent } from '#contracts';
import { EventSpool } from './event-spool.js';

/** Hands an event to the other side; `written` is called when it has left this process. */
export type Send = (event: TrainerEvent, written: () => void) => void;

export interface EventChannelOptions {
  /** Events that are handed over and not yet written. */
  inFlight?: number;
  /** Events that wait in memory; further ones wait in a file. */
  inMemory?: number;
  /** Progress at most this often, ms. */
  progressEveryMs?: number;
}

type ProgressEvent = Extract<TrainerEvent, { type: 'progress' }>;

/**
 * Events on their way to the parent, in order. A parent that reads slowly, or not at all for a while, costs no memory
 * and no event: what does not fit waits in a file. Progress alone is thinned: the newest replaces one that waits.
 */
export class EventChannel {
  private readonly limits: Required<EventChannelOptions>;
  private readonly waiting: TrainerEvent[] = [];
  private readonly spool = new EventSpool();
  private inFlight = 0;
  private progress: ProgressEvent | undefined;
  private progressIsDue = false;
  private progressSentAt = -Infinity;
  private progressTimer: NodeJS.Timeout | undefined;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly send: Send,
    { inFlight = 32, inMemory = 1000, progressEveryMs = 250 }: EventChannelOptions = {},
  ) {
    this.limits = { inFlight, inMemory, progressEveryMs };
  }

  post(event: TrainerEvent): void {
    if (event.type === 'progress') {
      this.progress = event;
      this.progressTimer ??= setTimeout(() => this.releaseProgress(), this.untilProgress());
      return;
    }
    // Behind what waits in the file already, or the order would be lost.
    if (this.spool.size > 0 || this.waiting.length >= this.limits.inMemory) this.spool.append(event);
    else this.waiting.push(event);
    this.pump();
  }

  /** Resolves when everything that was posted has been written. */
  async flush(): Promise<void> {
    this.releaseProgress();
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  private untilProgress(): number {
    return Math.max(0, this.progressSentAt + this.limits.progressEveryMs - performance.now());
  }

  private releaseProgress(): void {
    clearTimeout(this.progressTimer);
    this.progressTimer = undefined;
    this.progressIsDue = this.progress !== undefined;
    this.pump();
  }

  private pump(): void {
    while (this.inFlight < this.limits.inFlight) {
      const event = this.next();
      if (event === undefined) break;
      this.handOver(event);
    }
    if (!this.isIdle()) return;
    for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private next(): TrainerEvent | undefined {
    if (this.progressIsDue) {
      const progress = this.progress;
      this.progress = undefined;
      this.progressIsDue = false;
      this.progressSentAt = performance.now();
      return progress;
    }
    if (this.waiting.length === 0 && this.spool.size > 0) this.waiting.push(...this.spool.take(this.limits.inMemory));
    return this.waiting.shift();
  }

  private handOver(event: TrainerEvent): void {
    this.inFlight++;
    this.send(event, () => {
      this.inFlight--;
      this.pump();
    });
  }

  private isIdle(): boolean {
    return this.inFlight === 0 && this.waiting.length === 0 && this.spool.size === 0 && !this.progressIsDue;
  }
}
