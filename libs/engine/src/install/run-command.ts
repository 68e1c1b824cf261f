import { spawn } from 'node:child_process';

export interface CommandResult {
  /** The exit code; `undefined` when the program could not be started or was killed. */
  code?: number;
  /** The end of what it wrote to both streams. */
  output: string;
  /** Why it could not be started, such as ENOENT. */
  startError?: NodeJS.ErrnoException;
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

const OUTPUT_LIMIT = 64 * 1024;

/**
 * Runs a program without a shell and waits for its end. Never rejects for what the program did; an abort kills it
 * and rejects with the signal's reason.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { env, cwd, signal, timeoutMs }: CommandOptions = {},
): Promise<CommandResult> {
  signal?.throwIfAborted();
  const result = await new Promise<CommandResult>((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    // Not Node's own `timeout`: its timer keeps the process alive where the program does not exist.
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const settle = (ended: CommandResult) => {
      clearTimeout(timer);
      resolve(ended);
    };
    const append = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT);
    };
    child.stdout.on('data', append);
    child.stderr.on('data', append);
    child.once('error', (startError: NodeJS.ErrnoException) => {
      // An abort arrives here too, while the child still has to go.
      if (child.pid === undefined) settle({ output, startError });
    });
    child.once('close', (code) => settle({ code: code ?? undefined, output }));
  });
  signal?.throwIfAborted();
  return result;
}
