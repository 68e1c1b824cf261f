import type { PlatformEvent } from '#contracts';

/** Events are remembered for as long as a request may take. Milliseconds. */
const REMEMBERED_MS = 60_000;

/**
 * What arrived lately. A request and an event may overtake each other: an answer that was made before an event, but
 * arrives after it, would undo it. Replaying the events since the request began brings the answer up to date.
 */
export class RecentEvents {
  private events: { at: number; event: PlatformEvent }[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(event: PlatformEvent): void {
    const at = this.now();
    this.events.push({ at, event });
    const expired = this.events.findIndex((entry) => entry.at > at - REMEMBERED_MS);
    if (expired > 0) this.events.splice(0, expired);
  }

  /** The answer, with every event applied that arrived since it was asked for. */
  async replayOnto<T>(ask: () => Promise<T>, reduce: (answer: T, event: PlatformEvent) => T): Promise<T> {
    const asked = this.now();
    let answer: T = await ask();
    for (const { at, event } of this.events) if (at >= asked) answer = reduce(answer, event);
    return answer;
  }
}
