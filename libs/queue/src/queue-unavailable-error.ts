import { OperationalError } from '#contracts';
import { withoutPassword } from '#config';

/** The queue cannot be reached or refuses us. Nothing is lost by it: what is queued stands in the database. */
export class QueueUnavailableError extends OperationalError {
  override name = 'QueueUnavailableError';
}

/** Any error of a driver as ours; passwords of URLs in its message are masked. */
export function translated(error: unknown, doing: string): QueueUnavailableError {
  if (error instanceof QueueUnavailableError) return error;
  const reason = withoutPassword(reasonOf(error));
  return new QueueUnavailableError(`The queue cannot ${doing}: ${reason}`, {
    cause: error,
    remedy: 'Check QUEUE_URL, and that the queue runs and can be reached from here.',
  });
}

/** Node's AggregateError of a refused connection has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
