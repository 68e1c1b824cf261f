import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { StoredArtifact } from './artifact-store.js';
import { ArtifactCorruptError } from './artifact-errors.js';

/** Passes bytes on while it computes their address and counts them. */
export class Measured extends Transform {
  private readonly hash = createHash('sha256');
  private size = 0;
  /** Set once all bytes have passed. */
  result: StoredArtifact | undefined;

  /** @param expected fails at the end where the bytes have another address */
  constructor(private readonly expected?: string) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.result = { sha256: this.hash.digest('hex'), size: this.size };
    const corrupt = this.expected !== undefined && this.result.sha256 !== this.expected;
    done(corrupt ? new ArtifactCorruptError(this.expected!) : null);
  }
}
