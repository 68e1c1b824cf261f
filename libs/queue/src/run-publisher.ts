import type { Config } from '#config';
import { within } from './bounded.js';
import { openQueue, type MessageQueue } from './bullmq-connection.js';
import { translated } from './queue-unavailable-error.js';
import type { RunMessage, RunPublisher } from './run-queue.js';

/** A message is delivered until its handler succeeds; which failures end a run is the database's business. */
const WITHOUT_END = 2 ** 31 - 1;
const CLOSE_MS = 2000;

/**
 * Connects to the queue of `config.queueUrl` for publishing. Every method throws QueueUnavailableError where the queue
 * cannot be reached; connections heal by themselves.
 */
export async function createRunPublisher(
  config: Pick<Config, 'queueUrl'>,
  options: { onError?(error: Error): void } = {},
): Promise<RunPublisher> {
  const onError = (error: Error) => options.onError?.(translated(error, 'be reached'));
  return new BullmqRunPublisher(await openQueue(config.queueUrl, onError));
}

/** BullMQ refuses ids with one colon and ids that are numbers. */
export function messageId({ runId, attempt }: RunMessage): string {
  return `${runId}.${attempt}`;
}

class BullmqRunPublisher implements RunPublisher {
  constructor(private readonly queue: MessageQueue) {}

  async publish(message: RunMessage): Promise<void> {
    const { runId, attempt, delayMs } = message;
    try {
      await this.queue.add(
        'run',
        { runId, attempt },
        {
          jobId: messageId(message),
          // The Postgres backend takes whole milliseconds only.
          delay: delayMs === undefined ? undefined : Math.ceil(delayMs),
          attempts: WITHOUT_END,
          backoff: { type: 'custom' },
          stackTraceLimit: 1,
          // A finished message would otherwise block its own id for good.
          removeOnComplete: true,
          removeOnFail: true,
        },
      );
    } catch (error) {
      throw translated(error, `take run ${runId}`);
    }
  }

  async withdraw(message: RunMessage): Promise<void> {
    try {
      // BullMQ leaves alone what a worker has locked.
      await this.queue.remove(messageId(message));
    } catch (error) {
      throw translated(error, `give run ${message.runId} back`);
    }
  }

  async counts(): Promise<{ waiting: number; active: number; delayed: number }> {
    try {
      const { waiting, active, delayed } = await this.queue.getJobCounts('waiting', 'active', 'delayed');
      return { waiting, active, delayed };
    } catch (error) {
      throw translated(error, 'count its messages');
    }
  }

  async close(): Promise<void> {
    if (await within(CLOSE_MS, this.queue.close())) return;
    await within(CLOSE_MS, this.queue.disconnect());
  }
}
