import { OperationalError, type Progress, type TrainerEvent } from '#contracts';
import { DatabaseUnavailableError, type AttemptStore } from '#persistence';
import { persistently } from '../platform/persistently.js';
import { LogLimit, type LogLimits, type LogLine } from './log-limit.js';

type Engine = Extract<TrainerEvent, { type: 'started' }>['engine'];
type RelayedEvent = Extract<TrainerEvent, { type: 'started' | 'log' | 'metrics' | 'progress' }>;
type MetricPoint = Parameters<AttemptStore['appendMetrics']>[1][number];

export interface RelayOptions {
  token: string;
  store: Pick<AttemptStore, 'setEngine' | 'setProgress' | 'appendMetrics' | 'appendLogs'>;
  /** Called once, when nothing more can be written: FencedError, too much that waits, or a defect. */
  onBroken(error: Error): void;
  /** Called when the database is away; what waits is kept and written when it is back. */
  onWaiting(error: Error): void;
  /** What is taken is written together after this long, ms. */
  everyMs?: number;
  /** Progress is written at most this often, ms. */
  progressEveryMs?: number;
  /** Metric values that may wait while the database is away. */
  mostPoints?: number;
  log?: Partial<LogLimits>;
}

/** Values in one statement. */
const BATCH = 5000;

/**
 * Writes what a trainer says to the database: in batches, in order, and again while the database is away, so nothing is
 * lost. What waits is bounded: progress by its newest, logs by LogLimit, and of metrics so many that a database that is
 * away for that long ends the attempt. Values that were written twice are one; a log line can appear twice where the
 * connection broke between a commit and its answer.
 */
export class EventRelay {
  private readonly everyMs: number;
  private readonly progressEveryMs: number;
  private readonly mostPoints: number;
  private readonly limit: LogLimit;
  private readonly closed = new AbortController();
  private engine: Engine | undefined;
  private progress: Progress | undefined;
  private progressWrittenAt = -Infinity;
  private points: MetricPoint[] = [];
  private lines: LogLine[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private broken: Error | undefined;

  constructor(private readonly options: RelayOptions) {
    this.everyMs = options.everyMs ?? 250;
    this.progressEveryMs = options.progressEveryMs ?? 1000;
    this.mostPoints = options.mostPoints ?? 200_000;
    this.limit = new LogLimit(options.log);
  }

  take(event: RelayedEvent): void {
    if (event.type === 'started') this.engine = event.engine;
    else if (event.type === 'progress') this.progress = event.progress;
    else if (event.type === 'log') this.lines.push(...this.limit.admit(event, performance.now()));
    else this.takeMetrics(event);
    this.wake();
  }

  /** A line of the worker's own in the run's log. */
  note(level: LogLine['level'], message: string): void {
    this.lines.push({ level, message, at: Date.now() });
    this.wake();
  }

  /** Resolves when all that was taken so far is written; rejects when nothing more can be written. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lines.push(...this.limit.rest(Date.now()));
    await this.startWriting(true);
    if (this.broken !== undefined) throw this.broken;
  }

  /** Gives up what waits. */
  close(): void {
    clearTimeout(this.timer);
    this.closed.abort();
  }

  private takeMetrics({ step, values, at }: Extract<RelayedEvent, { type: 'metrics' }>): void {
    for (const [key, value] of Object.entries(values)) this.points.push({ key, step, value, at });
    if (this.points.length <= this.mostPoints || this.broken !== undefined) return;
    this.break(
      new OperationalError(`More than ${this.mostPoints} metric values wait to be written.`, {
        remedy: 'See why the database is away or slow; or let the run log fewer values.',
      }),
    );
  }

  private wake(): void {
    if (this.broken !== undefined || this.closed.signal.aborted) return;
    if (this.timer !== undefined || this.writing !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.startWriting(false);
    }, this.everyMs);
  }

  private startWriting(all: boolean): Promise<void> {
    const earlier = this.writing;
    const writing = (earlier ?? Promise.resolve())
      .then(() => this.write(all))
      .catch((error: Error) => this.break(error))
      .finally(() => {
        if (this.writing !== writing) return;
        this.writing = undefined;
        if (this.waits()) this.wake();
      });
    this.writing = writing;
    return writing;
  }

  private waits(): boolean {
    const { engine, progress, points, lines } = this;
    return engine !== undefined || progress !== undefined || points.length + lines.length > 0;
  }

  private async write(all: boolean): Promise<void> {
    const { token, store } = this.options;
    const { engine, progress } = this;
    const [points, lines] = [this.points, this.lines];
    const due = all || performance.now() - this.progressWrittenAt >= this.progressEveryMs;
    this.engine = undefined;
    this.points = [];
    this.lines = [];
    if (due) this.progress = undefined;
    if (engine !== undefined) await this.insist(() => store.setEngine(token, engine));
    for (const batch of batches(points)) await this.insist(() => store.appendMetrics(token, batch));
    for (const batch of batches(lines)) await this.insist(() => store.appendLogs(token, batch));
    if (progress === undefined || !due) return;
    await this.insist(() => store.setProgress(token, progress));
    this.progressWrittenAt = performance.now();
  }

  private async insist(work: () => Promise<void>): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    await persistently(work, {
      mayPass: (error) => error instanceof DatabaseUnavailableError && this.broken === undefined,
      signal: this.closed.signal,
      onRetry: (error) => this.options.onWaiting(error),
    });
  }

  private break(error: Error): void {
    if (this.broken !== undefined) return;
    this.broken = error;
    this.points = [];
    this.lines = [];
    if (!this.closed.signal.aborted) this.options.onBroken(error);
  }
}

function* batches<T>(items: T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
