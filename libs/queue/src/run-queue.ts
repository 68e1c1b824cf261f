/**
 * The transport of runs: a queue of run ids. Postgres is the truth; losing the whole queue loses no run, because a
 * reconciler publishes again what the database says is queued. One contract suite runs over both backends.
 */
export interface RunPublisher {
  /**
   * Publishes one attempt at a run. Idempotent: the same (runId, attempt) is one message however often it is published.
   */
  publish(message: RunMessage): Promise<void>;
  /** Takes a message back if no worker has it yet. */
  withdraw(message: RunMessage): Promise<void>;
  counts(): Promise<{ waiting: number; active: number; delayed: number }>;
  close(): Promise<void>;
}

export interface RunMessage {
  runId: string;
  /** Number of the attempt that this message asks for, from 1. */
  attempt: number;
  /** Milliseconds to wait before it is delivered (backoff). */
  delayMs?: number;
}

/** A lease on one message: held (and renewed) until the handler settles. */
export interface RunLease {
  message: RunMessage;
  /** Aborted when the lease was lost: another worker may already have the run. */
  signal: AbortSignal;
}

export interface RunConsumer {
  /** Stops taking messages; resolves when the handlers that run have settled, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

export interface ConsumeOptions {
  /** Messages handled at once. */
  concurrency: number;
  /** A worker that does not renew its lease within this time has lost it. Milliseconds. */
  leaseMs: number;
  /** A message whose handler throws is delivered again at the latest when its lease ends. */
  handle(lease: RunLease): Promise<void>;
  onError(error: Error): void;
}
