import type { OutputChunk, StoredType } from './output-chunk.js';

/** Where outputs are kept that a network has given once, so that no run asks for them again. */
export interface OutputEntry {
  /**
   * SHA-256 (hex) of all that a row depends on beside its image: weights, architecture, preprocessing, view, engine. The
   * image is named in each row by its own hash, so a grown or shuffled dataset finds its rows again, and no row can be
   * taken for another image's.
   */
  address: string;
  /** In words, for listings. */
  about: OutputDescription;
  /** How the numbers are kept. */
  type: StoredType;
}

export interface OutputDescription {
  /** The network, such as `resnet18`. */
  network: string;
  /** `logits` or `features`. */
  output: string;
  width: number;
  /** How images are prepared: `224 px, squash`. */
  images: string;
  /** Which of the seeded views of each image; absent: the image itself. */
  view?: string;
  engine: string;
}

export interface StoredChunk {
  name: string;
  chunk: OutputChunk;
}

/**
 * A store of outputs. Chunks are only ever added, whole or not at all, so everybody may read and add at any time.
 */
export interface OutputStore {
  /**
   * Every whole chunk of an address; a damaged one is left out and removed.
   * @param known names of chunks that the caller has already
   */
  read(address: string, options?: ReadOptions): Promise<StoredChunk[]>;
  /** Adds rows. Returns the chunk as it is kept: its numbers are rounded. */
  add(entry: OutputEntry, chunk: Omit<OutputChunk, 'largestError'>): Promise<StoredChunk>;
  /**
   * Runs `work` while nobody else runs work for this entry's address, by a lease that expires where its holder is gone. It saves
   * double work and is no guard of correctness.
   * @returns what the work returns; `undefined` where `satisfied` made it needless
   */
  exclusively<T>(entry: OutputEntry, work: () => Promise<T>, options: LeaseOptions): Promise<T | undefined>;
}

export interface ReadOptions {
  known?: ReadonlySet<string>;
  onDamage?(file: string, why: string): void;
}

export interface LeaseOptions {
  signal: AbortSignal;
  /** Called when somebody else has the lease, and again where the next one has it; `holder` in words, if it is known. */
  onWait?(holder?: string): void;
  /** Asked about once a second during a wait: true, where all rows that are wanted have come, ends it without work. */
  satisfied?(): Promise<boolean>;
}
