import type { Readable } from 'node:stream';

/**
 * Immutable bytes addressed by their SHA-256. One contract suite runs over every adapter (`artifact-store.contract.ts`).
 *
 * Every adapter guarantees: a stored artifact reads back whole and unchanged or fails loudly; nothing half-written is ever
 * visible under its address; storing the same bytes twice, even at once, is one artifact; an interrupted write leaves nothing.
 * Every adapter refuses: an address that is not 64 lower-case hex digits (ArtifactAddressError) and reading what is not
 * there (ArtifactNotFoundError). Driver errors leave as ArtifactStoreUnavailableError, with their cause.
 */
export interface ArtifactStore {
  /** Stores a stream or a file; the address is computed while it is written. */
  put(source: Readable | { file: string }): Promise<StoredArtifact>;
  /**
   * Opens an artifact for reading, perhaps a byte range of it; `start` and `end` are both included. Read whole, the
   * stream fails at its end with ArtifactCorruptError where the bytes are not those of the address.
   * Throws ArtifactRangeError where `start` lies beyond the end.
   */
  get(sha256: string, range?: { start: number; end?: number }): Promise<Readable>;
  /** Size in bytes, or `undefined` where there is none of this address. */
  stat(sha256: string): Promise<{ size: number } | undefined>;
  /** Proves that the store can be written to; throws ArtifactStoreUnavailableError with the remedy. */
  check(): Promise<void>;
}

export interface StoredArtifact {
  sha256: string;
  /** Bytes. */
  size: number;
}
