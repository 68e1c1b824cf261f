import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArtifactCorruptError, ArtifactNotFoundError, type ArtifactStore } from '#artifacts';
import { OperationalError } from '#contracts';
import { persistently } from '../platform/persistently.js';

export interface FetchOptions {
  signal: AbortSignal;
  /** The store may be away for this long, ms. */
  patienceMs?: number;
  onRetry?(error: Error): void;
}

/**
 * Copies an artifact into a file; a file that could not be copied whole and right may be left half-written.
 * Throws ArtifactNotFoundError and ArtifactCorruptError at once, OperationalError when the store stays away.
 */
export async function fetchArtifact(
  store: Pick<ArtifactStore, 'get'>,
  sha256: string,
  file: string,
  { signal, patienceMs = 120_000, onRetry }: FetchOptions,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const copy = async () => pipeline(await store.get(sha256), createWriteStream(file), { signal });
  try {
    await persistently(copy, {
      mayPass,
      forMs: patienceMs,
      signal,
      firstPauseMs: 250,
      longestPauseMs: 10_000,
      onRetry,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** What is missing or damaged stays so. A broken connection has many names: all else is worth another try. */
function mayPass(error: unknown): boolean {
  if (error instanceof ArtifactNotFoundError || error instanceof ArtifactCorruptError) return false;
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof OperationalError || code === undefined || !['ENOSPC', 'EACCES', 'EROFS'].includes(code);
}
