import { workerData } from 'node:worker_threads';

const LOOK_EVERY_MS = 500;

const { parent } = workerData as { parent: number };

setInterval(() => {
  // `process.exit` would end this thread alone.
  if (isGone()) process.kill(process.pid, 'SIGKILL');
}, LOOK_EVERY_MS);

/** A process whose parent has died belongs to another one; on Windows it keeps the number of the dead. */
function isGone(): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
