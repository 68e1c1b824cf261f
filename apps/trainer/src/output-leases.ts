import { setTimeout as delay } from 'node:timers/promises';
import type { OutputLeaseAnswer } from '#contracts';
import type { LeaseOptions } from '#teacher-outputs';
import type { EventChannel } from './event-channel.js';

export interface OutputLeasesOptions {
  /** While somebody else has the lease, it is asked for so often. Milliseconds. */
  askEveryMs?: number;
  /** A parent that does not answer for so long will not. Milliseconds. */
  answerWithinMs?: number;
  /** Whoever has the lease and adds no rows for so long is not waited for. Milliseconds. */
  patienceMs?: number;
}

/**
 * Leases on what teachers say, among the trainers of all machines: the worker is asked, which asks the database. Before
 * each answer it brings the rows that others have shared to this machine's cache.
 *
 * No wait is without end: whoever cannot be asked, or has the lease and gets nowhere, is not waited for, and the work is
 * done here too.
 */
export class OutputLeases {
  private readonly asked = new Map<number, (answer: OutputLeaseAnswer) => void>();
  /** Addresses of requests that nobody waits for any more. */
  private readonly late = new Map<number, string>();
  private requests = 0;
  private readonly askEveryMs: number;
  private readonly answerWithinMs: number;
  private readonly patienceMs: number;

  constructor(
    private readonly channel: Pick<EventChannel, 'post'>,
    { askEveryMs = 1000, answerWithinMs = 120_000, patienceMs = 180_000 }: OutputLeasesOptions = {},
  ) {
    this.askEveryMs = askEveryMs;
    this.answerWithinMs = answerWithinMs;
    this.patienceMs = patienceMs;
  }

  /** An answer of the worker's. */
  receive(answer: OutputLeaseAnswer): void {
    const resolve = this.asked.get(answer.request);
    if (resolve !== undefined) return resolve(answer);
    const address = this.late.get(answer.request);
    this.late.delete(answer.request);
    if (address !== undefined && answer.state === 'held') this.channel.post({ type: 'output-release', address });
  }

  /**
   * Runs `work` under the lease of an address, or without it where it cannot be had.
   * @param warn says in the run's log why it is done without
   * @returns what the work returns; `undefined` where `satisfied` made it needless
   * @throws the signal's reason, and what the work throws
   */
  async exclusively<T>(
    address: string,
    work: () => Promise<T>,
    { signal, onWait, satisfied }: LeaseOptions,
    warn: (message: string) => void,
  ): Promise<T | undefined> {
    let holder: string | undefined;
    let rowsAt = performance.now();
    for (;;) {
      const answer = await this.ask(address, signal);
      if (answer?.state === 'held') return this.under(address, work);
      if (answer?.state !== 'elsewhere') {
        if (answer === undefined)
          warn('The worker does not say whether another run asks the teacher: it is asked here');
        return work();
      }
      const named =
        answer.holder === undefined ? 'another run' : `run ${answer.holder.runId} on ${answer.holder.worker}`;
      if (named !== holder) onWait?.(named);
      const gotOn = named !== holder || answer.brought > 0;
      if (gotOn) rowsAt = performance.now();
      holder = named;
      if (await satisfied?.()) return undefined;
      if (!gotOn && performance.now() - rowsAt > this.patienceMs) {
        const seconds = Math.round(this.patienceMs / 1000);
        warn(`${named} has added nothing for ${seconds} s: the teacher is asked here too`);
        return work();
      }
      await delay(this.askEveryMs, undefined, { signal });
    }
  }

  private async under<T>(address: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      // Behind the artifacts that the work has announced, which the worker stores before it gives the lease back.
      this.channel.post({ type: 'output-release', address });
    }
  }

  /** `undefined` where no answer comes. */
  private async ask(address: string, signal: AbortSignal): Promise<OutputLeaseAnswer | undefined> {
    signal.throwIfAborted();
    const request = this.requests++;
    const given = new AbortController();
    const silence = delay(this.answerWithinMs, undefined, {
      signal: AbortSignal.any([signal, given.signal]),
      ref: false,
    });
    silence.catch(() => undefined);
    const answered = new Promise<OutputLeaseAnswer>((resolve) => this.asked.set(request, resolve));
    this.channel.post({ type: 'output-lease', request, address });
    try {
      const answer = await Promise.race([answered, silence]);
      if (answer === undefined) this.late.set(request, address);
      return answer;
    } catch (error) {
      this.late.set(request, address);
      throw error;
    } finally {
      this.asked.delete(request);
      given.abort();
    }
  }
}
