import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** A service that tests need, found in the environment or started for this run of the tests. */
export interface Service {
  /** A place of its own in the service (a database, a key prefix, a bucket), as a URL. */
  fresh(): Promise<string>;
  /** Removes every place it gave out, or the whole service with its process, port and files. */
  stop(): Promise<void>;
}

export interface ServiceProcess {
  command: string;
  args: string[];
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  /** Existing folder, which the service owns and which is removed with it. */
  folder: string;
  stopSignal: NodeJS.Signals;
  /** Whether it answers. */
  answers(): Promise<boolean>;
}

/** A service cannot be had on this machine; the message says what to do about it. */
export class ServiceMissing extends Error {
  override name = 'ServiceMissing';
}

export function makeServiceFolder(name: string, owner?: { uid: number; gid: number }): string {
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), `distillery-test-${name}-`));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** Starts a process under a guardian, which stops it and removes its folder even where the tests are killed. */
export async function startProcess(process_: ServiceProcess): Promise<() => Promise<void>> {
  const { answers, ...order } = process_;
  const guardian = spawn(process.execPath, [path.join(import.meta.dirname, 'guardian.js'), JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const closed = new Promise<void>((resolve) => guardian.once('close', () => resolve()));
  const ended = new Promise<'ended'>((resolve) => {
    guardian.stdout.once('data', () => resolve('ended'));
    guardian.once('error', () => resolve('ended'));
    guardian.once('close', () => resolve('ended'));
  });
  const stop = async (): Promise<void> => {
    guardian.stdin.end();
    await closed;
    rmSync(order.folder, { recursive: true, force: true });
  };
  // The tests' own process must be able to end without having stopped the service: its death is what stops it.
  guardian.unref();
  for (const stream of [guardian.stdin, guardian.stdout]) (stream as unknown as { unref?(): void }).unref?.();
  const deadline = Date.now() + 60_000;
  while (!(await answers())) {
    const waited = await Promise.race([ended, new Promise<'again'>((resolve) => setTimeout(resolve, 50, 'again'))]);
    if (waited === 'ended' || Date.now() > deadline) {
      const log = readLog(order.folder);
      await stop();
      throw new ServiceMissing(`${path.basename(order.command)} did not start: ${log}`);
    }
  }
  return stop;
}

function readLog(folder: string): string {
  try {
    return readFileSync(path.join(folder, 'service.log'), 'utf8').trim().split('\n').slice(-5).join('\n');
  } catch {
    return 'it wrote no log';
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port of 127.0.0.1 is free');
  return address.port;
}
