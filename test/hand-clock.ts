import type { Clock } from '../apps/api/src/platform/clock.js';

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  private readonly waiting = new Set<{ time: Date; callback: () => void }>();

  constructor(private time: Date) {}

  now(): Date {
    return new Date(this.time);
  }

  at(time: Date, callback: () => void): () => void {
    const entry = { time, callback };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  /** The times that somebody waits for. */
  get awaited(): string[] {
    return [...this.waiting].map(({ time }) => time.toISOString());
  }

  /** Moves on, and calls back all whose time has come. */
  set(time: string): void {
    this.time = new Date(time);
    for (const entry of [...this.waiting]) {
      if (entry.time > this.time) continue;
      this.waiting.delete(entry);
      entry.callback();
    }
  }
}
