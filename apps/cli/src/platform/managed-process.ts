import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.js';

export interface ManagedProcessOptions {
  /** What people call it: `api`, `worker`. */
  name: string;
  /** The module to fork. It sends `{ type: 'ready' }` when it serves, and exits when its parent is gone. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** A line that it printed. */
  onLine(line: string): void;
  /** Something about it that a person should know: it crashed, it is back. */
  onNote(line: string): void;
  /** Milliseconds to wait before the restart that follows the n-th crash in a row (from 1). */
  backoff?(crashes: number): number;
  /** Running for this long, it counts as recovered. Milliseconds. */
  recoveredAfterMs?: number;
}

/**
 * A child process that is started again when it crashes. One that has never become ready is not: what keeps it from
 * starting is for a person to mend.
 */
export class ManagedProcess {
  private child?: ChildProcess;
  private stopping = false;
  private crashes = 0;
  private readonly wake = new AbortController();
  private readonly lastLines: string[] = [];

  constructor(private readonly options: ManagedProcessOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Forks and waits until the process is ready. Throws with its last words where it ends before. */
  async start(): Promise<void> {
    const { name } = this.options;
    const { ready, exited } = this.spawn();
    const end = await Promise.race([ready.then(() => undefined), exited]);
    if (end !== undefined) {
      throw new CliError(`the ${name} did not start (${end})${this.lastLines.map((line) => `\n  ${line}`).join('')}`);
    }
    void this.watch(exited);
  }

  /** Asks it to finish its work; one that has not after `patienceMs` is killed, with all that it started. */
  async stop(patienceMs: number): Promise<void> {
    this.stopping = true;
    this.wake.abort();
    const { child } = this;
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    // Windows has no signals to ask with: the closed channel says the same.
    if (process.platform === 'win32') child.disconnect();
    else child.kill('SIGTERM');
    const impatience = setTimeout(() => this.kill(), patienceMs);
    await ended;
    clearTimeout(impatience);
    killGroup(child);
  }

  /** Ends it and all that it started, at once. */
  kill(): void {
    this.stopping = true;
    this.wake.abort();
    if (this.child === undefined) return;
    killGroup(this.child);
    this.child.kill('SIGKILL');
  }

  private async watch(exited: Promise<string>): Promise<void> {
    const { name, onNote, backoff = defaultBackoff, recoveredAfterMs = 60_000 } = this.options;
    for (let begun = Date.now(), end = await exited; !this.stopping;) {
      if (Date.now() - begun > recoveredAfterMs) this.crashes = 0;
      const wait = backoff(++this.crashes);
      onNote(
        `the ${name} has ended (${end}); it is started again${wait >= 1000 ? ` in ${Math.round(wait / 1000)} s` : ''}`,
      );
      if (this.child !== undefined) killGroup(this.child);
      await sleep(wait, undefined, { signal: this.wake.signal }).catch(() => {});
      if (this.stopping) return;
      begun = Date.now();
      const next = this.spawn();
      void next.ready.then(() => onNote(`the ${name} is back`));
      end = await next.exited;
    }
  }

  private spawn(): { ready: Promise<void>; exited: Promise<string> } {
    const { entry, env, onLine } = this.options;
    // In a group of its own: Ctrl-C reaches us alone, and we stop everything in order.
    const child = fork(entry, [], { env, detached: true, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child = child;
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lastLines.push(line);
        if (this.lastLines.length > 20) this.lastLines.shift();
        onLine(line);
      });
    }
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message) => {
        if ((message as { type?: unknown } | null)?.type === 'ready') resolve();
      });
    });
    const exited = new Promise<string>((resolve) => {
      // 'close' comes after the last line was read.
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    return { ready, exited };
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** What a dead process has left behind in its group; nothing, mostly. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty: the good case.
  }
}

/** 0.5 s, 1 s, 2 s … at most 30 s. */
function defaultBackoff(crashes: number): number {
  return Math.min(30_000, 500 * 2 ** (crashes - 1));
}
