import { Injectable } from '@nestjs/common';
import { Logger } from '#config';
import type { PlatformEvent } from '#contracts';
import { EventStore, isNotAfter } from '#persistence';
import { RepeatingTask } from '../platform/repeating-task.js';

export interface StreamedEvent {
  cursor: string;
  event: PlatformEvent;
  /** The event as it goes over the wire, made once for all who watch. */
  frame: string;
}

/** Events kept at hand; who is further behind reads the database. */
const KEPT = 2_000;
const POLL_MS = 5_000;
/** Before events are asked for again that an open transaction holds back. */
const HELD_MS = 50;

/** Reads new events once for all watchers of this process. */
@Injectable()
export class EventHub {
  private recent: StreamedEvent[] = [];
  /** The cursor that `recent` comes after. */
  private recentFrom = '0-0';
  private newest = '0-0';
  private waiting = new Set<() => void>();
  private held: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly task = new RepeatingTask(
    () => this.read(),
    POLL_MS,
    (error) => this.logger.error('reading events failed; it is tried again', error),
  );

  constructor(
    private readonly store: EventStore,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.store.forgetOtherServers();
    this.newest = this.recentFrom = await this.store.now();
    this.task.wake();
  }

  wake(): void {
    this.task.wake();
  }

  /** Every watcher's `changed` resolves, and `isStopped` tells it why. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.held);
    this.tellWatchers();
    await this.task.stop();
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /** The cursor of the newest event that this process has read. */
  get position(): string {
    return this.newest;
  }

  /** What comes after a cursor: at once where it is at hand, else from the database. */
  async after(cursor: string): Promise<{ events: StreamedEvent[]; cursor: string }> {
    // A cursor beyond what was read here is another process', or of another database: Postgres knows.
    if (isNotAfter(this.recentFrom, cursor) && isNotAfter(cursor, this.newest)) {
      const first = this.recent.findIndex((each) => !isNotAfter(each.cursor, cursor));
      return first < 0 ? { events: [], cursor } : { events: this.recent.slice(first), cursor: this.newest };
    }
    const page = await this.store.after(cursor);
    return { events: page.events.map(streamed), cursor: page.cursor };
  }

  /** Resolves when there may be something new, or the hub has stopped, or the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    if (this.stopped || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private async read(): Promise<void> {
    for (;;) {
      const page = await this.store.after(this.newest);
      this.newest = page.cursor;
      this.recent.push(...page.events.map(streamed));
      const surplus = this.recent.length - KEPT;
      if (surplus > 0) this.recentFrom = this.recent.splice(0, surplus)[surplus - 1].cursor;
      if (page.events.length > 0) this.tellWatchers();
      if (page.held) this.readSoon();
      if (!page.more) return;
    }
  }

  private readSoon(): void {
    clearTimeout(this.held);
    if (!this.stopped) this.held = setTimeout(() => this.task.wake(), HELD_MS);
  }

  private tellWatchers(): void {
    for (const done of [...this.waiting]) done();
  }
}

function streamed({ cursor, event }: { cursor: string; event: PlatformEvent }): StreamedEvent {
  return { cursor, event, frame: `id: ${cursor}\ndata: ${JSON.stringify(event)}\n\n` };
}
