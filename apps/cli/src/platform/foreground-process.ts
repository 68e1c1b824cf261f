import { spawn } from 'node:child_process';

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Runs a program with this process's terminal until it ends. An interruption asks it to stop; a second Ctrl-C, or
 * SIGTERM, ends it at once. It ends when this process is gone.
 */
export async function runInForeground(
  entry: string,
  env: NodeJS.ProcessEnv,
  interrupted: AbortSignal,
): Promise<ProcessEnd> {
  const isWindows = process.platform === 'win32';
  const child = spawn(process.execPath, [entry], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // In a group of its own: Ctrl-C, which goes to all of a group, reaches it once, from us.
    detached: !isWindows,
  });
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', reject);
  });
  const hurry = () => child.kill('SIGKILL');
  const ask = () => {
    // Windows has no signals to ask with: the closed channel says the same.
    if (isWindows) child.disconnect();
    else child.kill('SIGTERM');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, hurry);
  };
  if (interrupted.aborted) ask();
  interrupted.addEventListener('abort', ask, { once: true });
  try {
    return await ended;
  } finally {
    interrupted.removeEventListener('abort', ask);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, hurry);
  }
}
