import { availableParallelism } from 'node:os';

/**
 * Makes TensorFlow's thread pools, and OpenMP where a library uses it, as large as asked for. Must run before the
 * native library is loaded: it reads these variables once.
 * @returns the number of threads
 */
export function setThreads(threads: number = availableParallelism()): number {
  if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`threads must be 1 or more, got ${threads}`);
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = String(threads);
  process.env.OMP_NUM_THREADS = String(threads);
  return threads;
}
