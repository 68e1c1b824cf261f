import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  TrainerEventSchema,
  type Failure,
  type OutputLeaseAnswer,
  type ParentMessage,
  type PredictMessage,
  type Report,
  type StartMessage,
  type TrainerEvent,
  type WeightsMessage,
} from '#contracts';
import { builtProgram } from './built-program.js';
import { failureOfExit } from './failure-of-exit.js';
import { OutputTail } from './output-tail.js';

export interface TrainerOptions {
  /** What the trainer shall do. `start.folder` must exist. */
  message: StartMessage | PredictMessage | WeightsMessage;
  /**
   * Called for each event of the trainer, in order, with events that follow the protocol only. The last one, which says
   * how it ended, is not among them: it is the outcome.
   */
  onEvent(event: RunningTrainerEvent): void;
  /** Working folder of the trainer: relative dataset paths of the spec begin here. Default: this process's own. */
  cwd?: string;
  /** Time that a trainer has to stop by itself after `cancel`, or to exit after its last event, ms. Default 1,500. */
  graceMs?: number;
  /** The program to run. Default: the built trainer of this installation. */
  entry?: string;
  /** Its environment. Default: this process's own. */
  env?: NodeJS.ProcessEnv;
}

export type RunningTrainerEvent = Exclude<TrainerEvent, { type: 'completed' | 'cancelled' | 'failed' }>;

export type TrainerOutcome =
  { type: 'completed'; report?: Report } | { type: 'cancelled'; reason: string } | { type: 'failed'; failure: Failure };

export interface TrainerProcess {
  /** `undefined` where the process could not be started. */
  readonly pid: number | undefined;
  /**
   * Asks the trainer to stop; one that has not within `graceMs` (default: that of the options) is killed. Calling again
   * keeps the first reason, and kills it sooner where the new time is shorter; 0 kills at once.
   */
  cancel(reason: string, graceMs?: number): void;
  /** Answers the trainer's `output-lease`. */
  answer(answer: OutputLeaseAnswer): void;
  /**
   * Settles once, when the process is gone and every event has been delivered; never rejects. A crash is a failure that
   * says what killed the trainer. After `cancel` any end but `completed` counts as `cancelled`.
   */
  readonly done: Promise<TrainerOutcome>;
}

const DEFAULT_GRACE_MS = 1500;
const STREAMS_AFTER_EXIT_MS = 1000;

/** Forks a trainer, gives it its task, and watches it to its end. */
export function startTrainer(options: TrainerOptions): TrainerProcess {
  const entry = options.entry ?? builtProgram('apps/trainer/src/main.js');
  if (!existsSync(entry)) {
    const failure: Failure = {
      class: 'operational',
      message: `The trainer's program ${entry} is not there.`,
      remedy: 'Build it with "npm run build".',
    };
    const done = Promise.resolve({ type: 'failed' as const, failure });
    return { pid: undefined, cancel: () => undefined, answer: () => undefined, done };
  }
  // The parent's own flags (a debugger's port, a test runner's loader) are not the trainer's.
  const child = fork(entry, [], {
    cwd: options.cwd,
    env: options.env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return new WatchedTrainer(child, options);
}

class WatchedTrainer implements TrainerProcess {
  readonly pid: number | undefined;
  readonly done: Promise<TrainerOutcome>;
  private outcome: TrainerOutcome | undefined;
  private cancelReason: string | undefined;
  private killTimer: NodeJS.Timeout | undefined;
  private killAt = Infinity;
  private readonly output = new OutputTail();

  constructor(
    private readonly child: ChildProcess,
    private readonly options: TrainerOptions,
  ) {
    this.pid = child.pid;
    child.stdout?.on('data', (chunk: Buffer) => this.output.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.output.add(chunk));
    child.on('message', (message) => this.receive(message));
    this.done = this.end();
    this.send(options.message);
  }

  cancel(reason: string, graceMs?: number): void {
    if (this.outcome === undefined && this.cancelReason === undefined) {
      this.cancelReason = reason;
      this.send({ type: 'cancel', reason });
    }
    this.killAfter(graceMs ?? this.options.graceMs ?? DEFAULT_GRACE_MS);
  }

  answer(answer: OutputLeaseAnswer): void {
    this.send(answer);
  }

  private send(message: ParentMessage): void {
    // A child that is gone already cannot be told; its exit says why.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private receive(message: unknown): void {
    if (this.outcome !== undefined) return;
    const parsed = TrainerEventSchema.safeParse(message);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const at = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
      this.fail(`The trainer sent an event that does not follow the protocol (${at}${issue.message}).`);
      return;
    }
    const event = parsed.data;
    if (event.type === 'completed') this.settle({ type: 'completed', report: event.report });
    else if (event.type === 'failed') this.settle({ type: 'failed', failure: event.failure });
    else if (event.type === 'cancelled') this.settle({ type: 'cancelled', reason: this.cancelReason ?? '' });
    else this.deliver(event);
  }

  private deliver(event: RunningTrainerEvent): void {
    try {
      this.options.onEvent(event);
    } catch (error) {
      this.fail(`The event "${event.type}" could not be handled: ${(error as Error).message}`, error as Error);
    }
  }

  private fail(message: string, cause?: Error): void {
    this.settle({ type: 'failed', failure: { class: 'bug', message, stack: cause?.stack } });
    this.child.kill('SIGKILL');
  }

  private settle(outcome: TrainerOutcome): void {
    this.outcome = outcome;
    this.killAfter(this.options.graceMs ?? DEFAULT_GRACE_MS);
  }

  private killAfter(graceMs: number): void {
    const at = performance.now() + graceMs;
    if (at >= this.killAt) return;
    this.killAt = at;
    clearTimeout(this.killTimer);
    this.killTimer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
  }

  private async end(): Promise<TrainerOutcome> {
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null } | Error>((resolve) => {
      // 'close' comes after the exit, the end of both streams and of the channel: every message has been read.
      this.child.once('close', (code, signal) => resolve({ code, signal }));
      this.child.on('error', (error) => this.child.pid === undefined && resolve(error));
      // A process that the trainer left behind (a download's, say) may hold the streams open for long.
      this.child.once('exit', () => setTimeout(() => this.closeStreams(), STREAMS_AFTER_EXIT_MS).unref());
    });
    clearTimeout(this.killTimer);
    const ended = this.outcome ?? { type: 'failed' as const, failure: failureOfExit(exit, this.output.text()) };
    if (this.cancelReason !== undefined && ended.type !== 'completed') {
      return { type: 'cancelled', reason: this.cancelReason };
    }
    return ended;
  }

  private closeStreams(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }
}
