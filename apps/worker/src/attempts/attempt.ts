import type { ArtifactStore } from '#artifacts';
import { trainerEnvironment, type Logger } from '#config';
import type { Failure, StartMessage } from '#contracts';
import {
  DatabaseUnavailableError,
  FencedError,
  type AttemptOutcome,
  type AttemptStore,
  type BegunAttempt,
  type SharedOutputStore,
} from '#persistence';
import { startTrainer, type TrainerOptions, type TrainerOutcome, type TrainerProcess } from '#trainer-process';
import { prepareInputs } from '../inputs/prepare-inputs.js';
import type { TeacherCache } from '../inputs/teacher-cache.js';
import { AttemptOutputs } from '../outputs/attempt-outputs.js';
import { longTimer } from '../platform/long-timer.js';
import { persistently } from '../platform/persistently.js';
import { ArtifactUploads } from '../relay/artifact-uploads.js';
import { EventRelay } from '../relay/event-relay.js';
import type { AttemptFolders } from './attempt-folders.js';
import { failureOf } from './failure-of.js';

export interface AttemptTools {
  store: AttemptStore;
  artifacts: ArtifactStore;
  folders: AttemptFolders;
  teachers: TeacherCache;
  sharedOutputs: SharedOutputStore;
  logger: Logger;
  cacheFolder: string;
  weightsMirror: string | undefined;
  datasetsRoot: string | undefined;
  engine: StartMessage['engine'];
  /** Of the trainer's engine. */
  threads: number;
  /** The GPU of its slot, by what `CUDA_VISIBLE_DEVICES` takes; undefined: the machine has none. */
  gpu: string | undefined;
  /** The program of a trainer. Default: the built one. */
  trainer: string | undefined;
}

/** Why an attempt is being ended before its trainer ends by itself. */
type Ending = Exclude<AttemptOutcome, { type: 'completed' }> | { type: 'fenced' };

/** What the run's state says within 2 s of a cancellation has to fit: the trainer's end, then the last writes. */
const CANCEL_GRACE_MS = 1000;
const CANCELLED_UPLOADS_MS = 250;
/** The trainer watches its time itself; the worker comes in where it is stuck. */
const TIMEOUT_RESERVE_MS = 5000;
/** For the last checkpoint of a trainer that failed. */
const FAILED_UPLOADS_MS = 60_000;
/** How often it is asked whether the attempt still counts and shall go on; a notification is quicker. */
const LOOK_EVERY_MS = 5000;
/** Of a drain's time, what is kept for the last uploads and writes. */
const DRAIN_RESERVE = 0.3;

/** One attempt from its beginning to its end: a folder, a trainer, all that it says, and what becomes of the run. */
export class Attempt {
  private ending: Ending | undefined;
  private drainBy = Infinity;
  private over = false;
  private trainer: TrainerProcess | undefined;
  private uploads: ArtifactUploads | undefined;
  private outputs: AttemptOutputs | undefined;
  private readonly stop = new AbortController();
  private readonly relay: EventRelay;

  constructor(
    readonly begun: BegunAttempt,
    private readonly tools: AttemptTools,
  ) {
    this.relay = new EventRelay({
      token: begun.token,
      store: tools.store,
      onBroken: (error) => this.break(error),
      onWaiting: (error) => this.tell('warn', `the database is away: ${error.message}`),
    });
  }

  /** Resolves when the trainer is gone and the run has its new state, or the attempt does not count any more. */
  async run(): Promise<void> {
    const looking = setInterval(() => void this.look(), LOOK_EVERY_MS);
    // A person may have cancelled between the beginning and now, unheard.
    void this.look();
    try {
      const outcome = await this.execute();
      if (this.isFenced()) return;
      await this.finish(outcome);
      this.tell('info', `the attempt is over: ${outcome.type}`);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
    } finally {
      if (this.isFenced()) this.tell('info', 'the attempt does not count any more; its trainer was stopped');
      this.over = true;
      clearInterval(looking);
      this.uploads?.close();
      void this.outputs?.close();
      this.relay.close();
      await this.tools.folders.remove(this.begun.token);
    }
  }

  /** Ends the attempt before it has done anything. */
  async refuse(failure: Failure): Promise<void> {
    this.tell('info', failure.message);
    await this.finish({ type: 'failed', failure });
  }

  /** Asks the database whether the attempt still counts and whether a person has cancelled. */
  async look(): Promise<void> {
    if (this.over) return;
    try {
      const { cancelRequested } = await this.tools.store.heartbeat(this.begun.token);
      if (cancelRequested) this.end({ type: 'cancelled' }, 'The run was cancelled.', CANCEL_GRACE_MS);
    } catch (error) {
      if (error instanceof FencedError) this.break(error);
      else if (!(error instanceof DatabaseUnavailableError))
        this.tell('error', 'the attempt cannot be looked up', error);
    }
  }

  /** The worker stops: the trainer writes a checkpoint, another worker goes on. */
  drain(byMs: number): void {
    this.drainBy = byMs;
    const left = Math.max(0, byMs - performance.now());
    this.end({ type: 'drained' }, 'The worker stops.', left * (1 - DRAIN_RESERVE));
  }

  /** The worker may not go on with the run: another one perhaps has it already. */
  lose(reason: string): void {
    this.end({ type: 'lost', reason }, reason, 0);
  }

  private async execute(): Promise<AttemptOutcome> {
    let outcome: TrainerOutcome;
    try {
      outcome = await this.train(await this.tools.folders.create(this.begun.token));
    } catch (error) {
      outcome = { type: 'failed', failure: failureOf(error) };
    }
    const stored = await this.lastUploads(outcome);
    return this.outcomeAfter(outcome, stored);
  }

  private async train(folder: string): Promise<TrainerOutcome> {
    const { begun, tools } = this;
    const onRetry = (error: Error) => this.tell('warn', `the artifact store is away: ${error.message}`);
    const inputs = await prepareInputs(begun, folder, tools, {
      signal: this.stop.signal,
      onRetry,
      note: (level, message) => this.relay.note(level, message),
    });
    this.stop.signal.throwIfAborted();
    const uploads = new ArtifactUploads({
      folder,
      store: tools.artifacts,
      flushed: () => this.relay.flush(),
      register: (artifact) => this.insist(() => tools.store.addArtifact(begun.token, artifact)),
      onBroken: (error) => this.break(error),
      onRetry,
    });
    this.uploads = uploads;
    this.outputs = new AttemptOutputs({
      ...{ token: begun.token, store: tools.sharedOutputs, artifacts: tools.artifacts, cacheFolder: tools.cacheFolder },
      signal: this.stop.signal,
      answer: (answer) => this.trainer?.answer(answer),
      caughtUp: () => uploads.caughtUp(),
      note: (level, message) => this.relay.note(level, message),
    });
    this.trainer = startTrainer({
      entry: tools.trainer,
      cwd: tools.datasetsRoot,
      env: trainerEnvironment({
        cacheFolder: tools.cacheFolder,
        gpu: begun.spec.resources.accelerator === 'cpu' ? 'none' : tools.gpu,
      }),
      onEvent: (event) => this.take(event),
      message: {
        type: 'start',
        ...inputs,
        seed: begun.seed,
        folder,
        cacheFolder: tools.cacheFolder,
        weightsMirror: tools.weightsMirror,
        threads: begun.threads ?? tools.threads,
        engine: tools.engine,
      },
    });
    const allowedMs = begun.spec.resources.maxMinutes * 60_000;
    const callOff = longTimer(allowedMs + TIMEOUT_RESERVE_MS, () => this.timeOut());
    try {
      return await this.trainer.done;
    } finally {
      callOff();
    }
  }

  private take(event: Parameters<TrainerOptions['onEvent']>[0]): void {
    if (this.isFenced()) return;
    if (event.type === 'artifact') this.uploads?.add(event);
    else if (event.type === 'output-lease') void this.outputs?.lease(event);
    else if (event.type === 'output-release') void this.outputs?.release(event);
    else if (event.type !== 'prediction' && event.type !== 'weights') this.relay.take(event);
  }

  private timeOut(): void {
    const { maxMinutes } = this.begun.spec.resources;
    const message = `resources.maxMinutes: the attempt took longer than ${maxMinutes} minutes and was stopped.`;
    const remedy =
      'Allow it more minutes, or train fewer epochs or images; a retry continues from the last checkpoint.';
    const failure = { class: 'user', message, field: 'resources.maxMinutes', remedy } as const;
    this.end({ type: 'failed', failure }, message, CANCEL_GRACE_MS);
  }

  /** Something that the attempt cannot go on without is gone for good. */
  private break(error: Error): void {
    if (error instanceof FencedError) this.end({ type: 'fenced' }, error.message, 0);
    else this.end({ type: 'failed', failure: failureOf(error) }, error.message, CANCEL_GRACE_MS);
  }

  /** The first reason stands, but for the one that leaves nothing to say: an attempt that does not count any more. */
  private end(ending: Ending, reason: string, graceMs: number): void {
    if (this.over) return;
    if (this.ending === undefined || ending.type === 'fenced') {
      this.ending = ending;
      this.tell('info', `the attempt is being ended: ${reason}`);
    }
    this.stop.abort(new Error(reason));
    this.trainer?.cancel(reason, graceMs);
  }

  private isFenced(): boolean {
    return this.ending?.type === 'fenced';
  }

  /** Waits for what is on its way to the artifact store, for as long as it matters; whether all of it got there. */
  private async lastUploads(outcome: TrainerOutcome): Promise<boolean> {
    if (this.uploads === undefined || this.isFenced()) return false;
    const settled = this.uploads.settled();
    const stopped = new Promise<void>((resolve) => {
      if (this.stop.signal.aborted) resolve();
      this.stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (outcome.type === 'completed') await Promise.race([settled, stopped]);
    const stored = await within(this.patienceForUploads(), settled);
    this.uploads.close();
    return stored;
  }

  private patienceForUploads(): number {
    if (this.ending?.type === 'cancelled') return CANCELLED_UPLOADS_MS;
    if (this.ending?.type === 'drained') return Math.max(0, this.drainBy - performance.now());
    return this.ending?.type === 'lost' ? 0 : FAILED_UPLOADS_MS;
  }

  private outcomeAfter(outcome: TrainerOutcome, stored: boolean): AttemptOutcome {
    const { ending } = this;
    // Done before it heard that it should stop: that work is not thrown away.
    const done = outcome.type === 'completed' && stored && ending?.type !== 'failed';
    if (ending !== undefined && ending.type !== 'fenced' && !done) return ending;
    if (outcome.type !== 'cancelled') return outcome;
    return { type: 'failed', failure: { class: 'bug', message: 'The trainer stopped, and nobody had asked it to.' } };
  }

  private async finish(outcome: AttemptOutcome): Promise<void> {
    const { store } = this.tools;
    const { token } = this.begun;
    // A relay that is broken has had its say: its failure is the outcome.
    if (outcome.type !== 'failed') await this.relay.flush();
    else await this.relay.flush().catch((error: Error) => this.tell('warn', 'the last lines are not written', error));
    if (this.isFenced()) throw new FencedError('the attempt does not count any more');
    try {
      await this.insist(() => store.finish(token, outcome));
    } catch (error) {
      if (error instanceof FencedError || outcome.type === 'failed') throw error;
      this.tell('error', 'the outcome cannot be written', error);
      await this.insist(() => store.finish(token, { type: 'failed', failure: failureOf(error) }));
    }
  }

  private insist(work: () => Promise<void>): Promise<void> {
    return persistently(work, {
      mayPass: (error) => error instanceof DatabaseUnavailableError && !this.isFenced(),
      onRetry: (error) => this.tell('warn', `the database is away: ${error.message}`),
    });
  }

  private tell(level: 'info' | 'warn' | 'error', message: string, error?: unknown): void {
    const { runId, number } = this.begun;
    this.tools.logger[level](message, { runId, attempt: number }, ...(error instanceof Error ? [error] : []));
  }
}

/** Whether the work settled in time. */
async function within(timeoutMs: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, timeoutMs, false)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
