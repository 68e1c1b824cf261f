import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TrainerEvent } from '#contracts';

const CHUNK_BYTES = 64 * 1024;

/**
 * A queue of events in a temporary file without a name, which is gone with the process however it ends. Synchronous, as
 * those who post events are.
 */
export class EventSpool {
  /** Events in it. */
  size = 0;
  private file: number | undefined;
  private readAt = 0;
  private writeAt = 0;

  append(event: TrainerEvent): void {
    this.file ??= openNameless();
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    for (let written = 0; written < line.length;) {
      written += writeSync(this.file, line, written, line.length - written, this.writeAt + written);
    }
    this.writeAt += line.length;
    this.size++;
  }

  /** Takes out the oldest events, at most this many; at least one, unless it is empty. */
  take(most: number): TrainerEvent[] {
    const events: TrainerEvent[] = [];
    let rest = Buffer.alloc(0);
    while (events.length < Math.min(most, this.size)) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const position = this.readAt + rest.length;
      const bytes = readSync(this.file!, chunk, 0, Math.min(CHUNK_BYTES, this.writeAt - position), position);
      if (bytes === 0) throw new Error('the file of waiting events is shorter than what was written to it');
      rest = Buffer.concat([rest, chunk.subarray(0, bytes)]);
      for (let end = rest.indexOf('\n'); end >= 0 && events.length < most; end = rest.indexOf('\n')) {
        events.push(JSON.parse(rest.toString('utf8', 0, end)) as TrainerEvent);
        rest = rest.subarray(end + 1);
        this.readAt += end + 1;
      }
    }
    this.size -= events.length;
    if (this.size === 0) this.shrink();
    return events;
  }

  private shrink(): void {
    if (this.file !== undefined) ftruncateSync(this.file, 0);
    this.readAt = this.writeAt = 0;
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

function openNameless(): number {
  const name = path.join(tmpdir(), `distillery-events-${randomUUID()}`);
  const file = openSync(name, 'wx+', 0o600);
  unlinkSync(name);
  return file;
}
