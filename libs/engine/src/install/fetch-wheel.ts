import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeWorkFolder } from '../work-folder.js';
import { EngineInstallError } from './install-error.js';
import { findPip, noPip, resumeArguments, runPip } from './pip.js';
import type { Wheel } from './wheel.js';

export interface FetchOptions {
  /** Where wheels are kept; one that is there already and has the right hash is not fetched again. */
  folder: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** `total` is 0 when it is not known. */
  onBytes?: (done: number, total: number) => void;
  onVerify?: () => void;
}

/**
 * Gives the path of a wheel whose SHA-256 is the pinned one.
 * @throws EngineInstallError `no-pip`, `download-failed` or `hash-mismatch`
 */
export async function fetchWheel(wheel: Wheel, options: FetchOptions): Promise<string> {
  const { folder, signal } = options;
  await mkdir(folder, { recursive: true });
  const kept = join(folder, `${wheel.requirement.replace('==', '-')}-${wheel.platformTag}.whl`);
  if (await exists(kept)) {
    options.onVerify?.();
    if ((await sha256OfFile(kept, signal)) === wheel.sha256) return kept;
    await rm(kept, { force: true });
  }
  const partial = makeWorkFolder(folder, 'download');
  try {
    const fetched = await download(wheel, partial, options);
    options.onVerify?.();
    const actual = await sha256OfFile(fetched, signal);
    if (actual !== wheel.sha256) {
      throw new EngineInstallError(
        'hash-mismatch',
        `${wheel.requirement} has SHA-256 ${actual}, expected ${wheel.sha256}: it was not used`,
        { remedy: 'Check the package index that pip is configured to use.' },
      );
    }
    await rename(fetched, kept);
    return kept;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function download(wheel: Wheel, partial: string, { env, signal, onBytes }: FetchOptions): Promise<string> {
  const pip = await findPip(env, signal);
  if (!pip) throw noPip();
  const target = join(partial, 'wheel');
  const unfinished = join(partial, 'unfinished');
  await mkdir(unfinished);
  // pip shows no progress to a pipe; it writes into its temporary folder, whose size can be watched.
  let downloading = true;
  const report = (bytes: number) => downloading && onBytes?.(bytes, wheel.bytes);
  const watch = setInterval(() => void folderBytes(partial).then(report), 250);
  try {
    const { code, output, startError } = await runPip(
      pip,
      [
        ...['download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check'],
        ...['--no-input', '--progress-bar', 'off', '--platform', wheel.platformTag],
        ...resumeArguments(pip),
        ...(wheel.pythonVersion ? ['--python-version', wheel.pythonVersion] : []),
        ...['--dest', target, wheel.requirement],
      ],
      // A rule that packages go into virtual environments only is about installing, and nothing is installed here.
      { env: { ...env, TMPDIR: unfinished, TEMP: unfinished, TMP: unfinished, PIP_REQUIRE_VIRTUALENV: '0' }, signal },
    );
    const file = code === 0 ? (await readdir(target)).find((name) => name.endsWith('.whl')) : undefined;
    if (!file) {
      throw new EngineInstallError('download-failed', `pip could not fetch ${wheel.requirement}: ${reason(output)}`, {
        remedy: 'Check the network, or pip\'s index with "pip config list".',
        cause: startError ?? new Error(output),
      });
    }
    return join(target, file);
  } finally {
    downloading = false;
    clearInterval(watch);
  }
}

/** pip's last error line says most; the lines before it are attempts. */
function reason(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const error = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'it said nothing';
  return error.replace(/^ERROR:\s*/, '').slice(0, 300);
}

export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Bytes of the largest file under a folder: pip copies the finished file once more, which is not progress. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...sizes);
}
