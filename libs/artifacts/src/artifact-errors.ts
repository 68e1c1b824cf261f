import { OperationalError } from '#contracts';

/** The store cannot be reached, is full, or refuses us; the cause is the driver's error. */
export class ArtifactStoreUnavailableError extends OperationalError {
  override name = 'ArtifactStoreUnavailableError';
}

export class ArtifactNotFoundError extends Error {
  override name = 'ArtifactNotFoundError';

  constructor(readonly sha256: string) {
    super(`There is no artifact ${sha256}.`);
  }
}

/** What was given as an address is none: nothing was looked up. */
export class ArtifactAddressError extends Error {
  override name = 'ArtifactAddressError';
}

export class ArtifactRangeError extends Error {
  override name = 'ArtifactRangeError';
}

/** The stored bytes are not those that were stored: a damaged disk, or somebody wrote past the store. */
export class ArtifactCorruptError extends Error {
  override name = 'ArtifactCorruptError';

  constructor(readonly sha256: string) {
    super(`Artifact ${sha256} is damaged: its bytes have another checksum. Restore it from a backup.`);
  }
}

export function assertAddress(sha256: string): void {
  if (/^[0-9a-f]{64}$/.test(sha256)) return;
  throw new ArtifactAddressError(`"${sha256.slice(0, 80)}" is no address: it must be 64 lower-case hexadecimal digits`);
}

/** Checks a range against the size; the inclusive end within the artifact. */
export function checkedRange(range: { start: number; end?: number }, size: number): { start: number; end: number } {
  const { start, end = size - 1 } = range;
  const whole = Number.isInteger(start) && Number.isInteger(end);
  if (!whole || start < 0 || start >= size || end < start) {
    throw new ArtifactRangeError(`The range ${start}-${range.end ?? ''} does not lie within ${size} bytes.`);
  }
  return { start, end: Math.min(end, size - 1) };
}
