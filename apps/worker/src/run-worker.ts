import { Logger, type Config } from '#config';
import { DatabaseError } from '#persistence';
import { startWorker, type RunningWorker, type WorkerOptions } from './start-worker.js';

/** After a drain, for what hangs on its way out: a queue or database that is away. Milliseconds. */
const EXIT_RESERVE_MS = 5_000;
/** What a second signal leaves to kill trainers and give their runs back. Milliseconds. */
const HURRY_MS = 3_000;

/**
 * The worker as a process: tells its parent when it takes runs, drains on SIGTERM, SIGINT or when the parent is gone, and
 * exits. A second signal kills the trainers.
 * @param parts what takes the place of the built trainer and of the machine's GPUs
 */
export async function runWorker(config: Config, parts: Pick<WorkerOptions, 'trainer' | 'gpus'> = {}): Promise<void> {
  const logger = new Logger({ service: 'worker', level: config.logLevel });
  const { drainTimeoutMs } = config.worker;
  const starting = new AbortController();
  let worker: RunningWorker | undefined;
  let stopping = false;
  const stop = (why: string) => {
    if (stopping) return void hurry();
    stopping = true;
    logger.info(`stopping: ${why}`);
    starting.abort(new Error(why));
    setTimeout(() => process.exit(1), drainTimeoutMs + EXIT_RESERVE_MS).unref();
    if (worker !== undefined) void drain(worker);
  };
  const drain = async (running: RunningWorker) => {
    const ended = await running.drain(drainTimeoutMs).catch((error: Error) => {
      logger.error('the worker does not stop as it should', error);
      return false;
    });
    process.exit(ended ? 0 : 1);
  };
  const hurry = async () => {
    logger.warn('stopping at once');
    setTimeout(() => process.exit(1), HURRY_MS).unref();
    await worker?.drain(0).catch(() => false);
    process.exit(1);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // Forked by a parent that is gone: nobody is left who would stop us.
  if (process.send !== undefined) process.on('disconnect', () => stopping || stop('the parent process is gone'));
  try {
    worker = await startWorker({ config, logger, ...parts, signal: starting.signal });
  } catch (error) {
    if (stopping) process.exit(0);
    if (error instanceof DatabaseError) logger.error(`the worker cannot start: ${error.message}: check DATABASE_URL`);
    else logger.error('the worker cannot start', error);
    process.exit(1);
  }
  if (stopping) return drain(worker);
  const { slots, threads, gpus } = worker;
  const count = new Set(gpus).size;
  const shared = count === 0 ? '' : `, on ${count} GPU${count === 1 ? '' : 's'}`;
  logger.info(`taking runs: ${slots} at once, ${threads} thread${threads === 1 ? '' : 's'} each${shared}`);
  process.send?.({ type: 'ready' });
}
