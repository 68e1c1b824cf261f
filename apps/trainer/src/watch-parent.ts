import { Worker } from 'node:worker_threads';

/**
 * Ends this process within a second or so of its parent's death, even while the main thread is inside a long native
 * call and hears nothing: a thread of its own looks. (The closed channel says the same, to a main thread that listens.)
 */
export function watchParent(): void {
  const thread = new Worker(new URL('./parent-watch-thread.js', import.meta.url), {
    workerData: { parent: process.ppid },
  });
  // The thread alone must not keep a finished trainer alive.
  thread.unref();
}
