import type { Job } from 'bullmq';
import type { Config } from '#config';
import { within } from './bounded.js';
import { openWorker, type MessageData, type MessageWorker } from './bullmq-connection.js';
import { LeaseKeeper } from './lease-keeper.js';
import { translated } from './queue-unavailable-error.js';
import type { ConsumeOptions, RunConsumer } from './run-queue.js';

const WITHOUT_END = 2 ** 31 - 1;
const FIRST_BACKOFF_MS = 500;
const DISCONNECT_MS = 2000;
/** BullMQ: the message or its lock is gone, or somebody else's (ErrorCode JobNotExist, JobLockNotExist, JobLockMismatch). */
const LEASE_IS_GONE = new Set<unknown>([-1, -2, -6]);

/**
 * Begins to take messages from the queue of `config.queueUrl`. Throws QueueUnavailableError where it cannot be reached
 * now; later losses of the connection go to `onError` and heal by themselves.
 */
export async function createRunConsumer(
  config: Pick<Config, 'queueUrl'>,
  options: ConsumeOptions,
): Promise<RunConsumer> {
  const consumer = new BullmqRunConsumer(options);
  await consumer.open(config.queueUrl);
  return consumer;
}

class BullmqRunConsumer implements RunConsumer {
  private worker: MessageWorker | undefined;
  private closing: Promise<void> | undefined;
  private readonly leases: LeaseKeeper;

  constructor(private readonly options: ConsumeOptions) {
    this.leases = new LeaseKeeper({
      leaseMs: options.leaseMs,
      renew: async (leases) => {
        const ids = leases.map(({ id }) => id);
        const tokens = leases.map(({ token }) => token);
        return (await this.worker?.extendJobLocks(ids, tokens, options.leaseMs)) ?? [];
      },
      onError: (error) => this.report(error, 'renew leases'),
    });
  }

  async open(url: string): Promise<void> {
    const { concurrency, leaseMs } = this.options;
    const settings = {
      concurrency,
      autorun: false,
      lockDuration: leaseMs,
      stalledInterval: Math.max(leaseMs / 2, 250),
      // Ours: BullMQ's own renewal neither tells a handler that its lock is lost nor stops at a bounded close.
      skipLockRenewal: true,
      maxStalledCount: WITHOUT_END,
      runRetryDelay: 1000,
      settings: { backoffStrategy: (tries: number) => Math.min(FIRST_BACKOFF_MS * 2 ** (tries - 1), leaseMs) },
    };
    try {
      this.worker = await openWorker(
        url,
        (job, token) => this.take(job, token ?? ''),
        settings,
        (error) => this.onWorkerError(error),
      );
    } catch (error) {
      this.leases.stop();
      throw error;
    }
    // Only now: a message taken earlier could not have its lease renewed.
    this.worker.run().catch((error: Error) => this.onWorkerError(error));
  }

  close(timeoutMs: number): Promise<void> {
    this.closing ??= this.end(timeoutMs);
    return this.closing;
  }

  private async take(job: Job<MessageData>, token: string): Promise<void> {
    const id = job.id ?? '';
    const { runId, attempt } = job.data;
    const signal = this.leases.hold(id, token);
    try {
      await this.options.handle({ message: { runId, attempt }, signal });
    } catch (error) {
      this.options.onError(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      this.leases.release(id);
    }
  }

  private async end(timeoutMs: number): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    // Stops taking at once, then waits for the handlers, without limit.
    const closed = worker.close();
    if (!(await within(timeoutMs, closed))) {
      // What is still held will be delivered again when its lease ends.
      await within(DISCONNECT_MS, worker.disconnect());
    }
    this.leases.stop();
  }

  private onWorkerError(error: Error): void {
    // Expected of a handler that ends after its lease was lost; its signal has said so.
    if (LEASE_IS_GONE.has((error as { code?: unknown }).code)) return;
    this.report(error, 'be reached');
  }

  private report(error: unknown, doing: string): void {
    if (this.closing === undefined) this.options.onError(translated(error, doing));
  }
}
