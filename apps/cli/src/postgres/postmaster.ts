import { spawnSync } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';

/** What `postmaster.pid` in a data directory says of the server that has it open. */
export interface Postmaster {
  pid: number;
  port: number;
}

export async function readPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const text = await readFile(path.join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 1 ? { pid, port: Number(lines[3]) } : undefined;
}

/**
 * Stops the server that a killed `start` left behind on this data directory. A pid file whose process is gone, or whose
 * number now belongs to another program, is removed.
 * @returns whether a server was stopped
 */
export async function stopStalePostmaster(dataDirectory: string): Promise<boolean> {
  const stale = await readPostmaster(dataDirectory);
  if (stale === undefined) return false;
  if (!(await isPostmasterOf(stale.pid, dataDirectory))) {
    await rm(path.join(dataDirectory, 'postmaster.pid'), { force: true });
    return false;
  }
  // Fast shutdown, which ends the sessions of orphaned clients; then an immediate one, which the log recovers from.
  for (const [signal, patience] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    signalProcess(stale.pid, signal);
    if (await gone(stale.pid, patience)) return true;
  }
  throw new Error(`the Postgres process ${stale.pid} of ${dataDirectory} does not end`);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, '' where it can't be had. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
  }
  if (process.platform === 'win32') {
    const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`;
    return spawnSync('powershell', ['-NoProfile', '-Command', query], { encoding: 'utf8' }).stdout?.trim() ?? '';
  }
  return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

async function isPostmasterOf(pid: number, dataDirectory: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await commandLine(pid);
  const real = await realpath(dataDirectory).catch(() => dataDirectory);
  return command.includes('postgres') && (command.includes(dataDirectory) || command.includes(real));
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Another program's child: its end can only be asked for, not awaited. */
async function gone(pid: number, patienceMs: number): Promise<boolean> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    if (!isAlive(pid) || (await isZombie(pid))) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** In a container without an init that reaps, an orphan that has ended stays in the table. */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) [ZX] /.test(stat);
}
