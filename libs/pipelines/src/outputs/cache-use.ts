import type { Report } from '#contracts';
import type { OutputChunk } from '#teacher-outputs';

/** What a run had of the cache of outputs: counted while it asks, said in its report. */
export class CacheUse {
  private hits = 0;
  private computed = 0;
  private savedMs = 0;
  private computedMs = 0;
  private largestError = 0;

  /** @param rows for how many images rows of the chunk were taken; @param computed by this run, just now */
  count(rows: number, chunk: OutputChunk, computed: boolean): void {
    if (rows === 0) return;
    this.largestError = Math.max(this.largestError, chunk.largestError);
    if (computed) {
      this.computed += rows;
      this.computedMs += chunk.deviceMs;
    } else {
      this.hits += rows;
      this.savedMs += (chunk.deviceMs / chunk.hashes.length) * rows;
    }
  }

  /** `undefined` where nothing was asked for. */
  report(): Report['teacherCache'] {
    const rows = this.hits + this.computed;
    if (rows === 0) return undefined;
    return {
      rows,
      hits: this.hits,
      hitRate: this.hits / rows,
      deviceSecondsComputed: this.computedMs / 1000,
      deviceSecondsSaved: this.savedMs / 1000,
      largestError: this.largestError,
    };
  }
}
