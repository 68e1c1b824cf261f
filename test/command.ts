import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, '../apps/cli/bin/distillery.js');

export interface EndedCommand {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCommand {
  child: ChildProcess;
  ended: Promise<EndedCommand>;
  /** Resolves when it has printed this. */
  said(text: string): Promise<void>;
}

/** `distillery` as a person runs it in a folder, told of no service but those in `env`. */
export function startCommand(
  args: readonly string[],
  folder: string,
  env: Record<string, string> = {},
): RunningCommand {
  const { PATH = '', HOME = '', DISTILLERY_CACHE } = process.env;
  const cache: Record<string, string> = DISTILLERY_CACHE === undefined ? {} : { DISTILLERY_CACHE };
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH, HOME, ...cache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const heard = () => listeners.forEach((listener) => listener());
  child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), heard()));
  child.stderr.on('data', (chunk: Buffer) => ((stderr += chunk.toString()), heard()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => (stdout + stderr).includes(text) && resolve();
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without saying "${text}":\n${stdout}${stderr}`)));
    });
  return { child, ended, said };
}

/** A port of 127.0.0.1 at which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
