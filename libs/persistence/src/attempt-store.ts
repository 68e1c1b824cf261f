import type { ArtifactKind, Failure, LogLevel, Progress, Report, Spec, TrainerEvent } from '#contracts';

/**
 * What a worker writes of one attempt. Every write is guarded by the attempt's fencing token: once another attempt has
 * begun, or the run has ended, it throws FencedError and nothing is written: a zombie writes nothing.
 */
export interface AttemptStore {
  /**
   * Begins an attempt at a queued run. Delivered again while the run is `running` (its worker lost its lease), the
   * earlier attempt is ended as `lost` and the next one begins. `undefined`: there is nothing to do (the run has ended,
   * waits for another one, or the message is of an older attempt).
   */
  begin(request: { runId: string; attempt: number; workerId: string }): Promise<BegunAttempt | undefined>;
  /** Called every few seconds; tells whether a person has asked to cancel. */
  heartbeat(token: string): Promise<{ cancelRequested: boolean }>;
  setEngine(token: string, engine: Extract<TrainerEvent, { type: 'started' }>['engine']): Promise<void>;
  setProgress(token: string, progress: Progress): Promise<void>;
  /** The same (key, step) again replaces the value: an attempt that continues from a checkpoint repeats steps. */
  appendMetrics(token: string, points: { key: string; step: number; value: number; at: number }[]): Promise<void>;
  appendLogs(token: string, lines: { level: LogLevel; message: string; at: number }[]): Promise<void>;
  addArtifact(
    token: string,
    artifact: { name: string; kind: ArtifactKind; sha256: string; size: number },
  ): Promise<void>;
  /**
   * Ends the attempt and moves the run: `completed`, `cancelled`, or, after a failure, `failed` or `queued` again by the
   * failure's class (user: never; operational: up to 3 attempts with backoff; bug: once more). `drained` requeues at once
   * and does not count; `lost` requeues at once and counts as a loss. The next attempt's publication is in the outbox, in
   * the same transaction.
   */
  finish(token: string, outcome: AttemptOutcome): Promise<void>;
}

export interface BegunAttempt {
  token: string;
  number: number;
  runId: string;
  project: string;
  spec: Spec;
  seed: number;
  /** Of each teacher of the spec that is a run, by whatever name, its files. */
  teachers: TeacherFiles[];
  /** The newest checkpoint of the run's earlier attempts. */
  checkpoint?: { name: string; sha256: string; size: number };
  /** Threads of the engine that wrote the checkpoint: the same number goes on to the same bits. */
  threads?: number;
}

export interface TeacherFiles {
  /** Place among the spec's teachers, from 0. */
  member: number;
  runId: string;
  artifacts: { name: string; sha256: string; size: number }[];
}

export type AttemptOutcome =
  | { type: 'completed'; report?: Report }
  | { type: 'failed'; failure: Failure }
  | { type: 'cancelled' }
  | { type: 'drained' }
  /** Its worker may not go on with it, though it still holds the token; `reason` in words. */
  | { type: 'lost'; reason: string };

export class FencedError extends Error {
  override name = 'FencedError';
}
