export interface LeaseKeeperOptions {
  /** A lease that is not renewed for this long is lost. Milliseconds. */
  leaseMs: number;
  /** Renews these leases; resolves to the ids that another holder has, or nobody any more. */
  renew(leases: { id: string; token: string }[]): Promise<string[]>;
  onError(error: unknown): void;
}

interface Held {
  token: string;
  lost: AbortController;
  deadline: NodeJS.Timeout;
}

/**
 * Renews the leases at hand three times within their length, and aborts the signal of one that is lost: because the
 * queue says so, or because the queue could not be asked for the whole length.
 */
export class LeaseKeeper {
  private readonly held = new Map<string, Held>();
  private readonly timer: NodeJS.Timeout;
  private renewing = false;

  constructor(private readonly options: LeaseKeeperOptions) {
    this.timer = setInterval(() => void this.renewAll(), options.leaseMs / 3);
  }

  hold(id: string, token: string): AbortSignal {
    const lost = new AbortController();
    this.held.set(id, { token, lost, deadline: this.deadlineOf(id, lost) });
    return lost.signal;
  }

  release(id: string): void {
    clearTimeout(this.held.get(id)?.deadline);
    this.held.delete(id);
  }

  /** Stops renewing: what is still held counts as lost. */
  stop(): void {
    clearInterval(this.timer);
    for (const id of [...this.held.keys()]) this.lose(id, 'the consumer was closed');
  }

  private async renewAll(): Promise<void> {
    if (this.renewing || this.held.size === 0) return;
    this.renewing = true;
    const asked = new Map(this.held);
    try {
      const failed = new Set(await this.options.renew([...asked].map(([id, { token }]) => ({ id, token }))));
      for (const [id, lease] of asked) {
        if (this.held.get(id) !== lease) continue;
        if (failed.has(id)) this.lose(id, 'the queue gave the lease up');
        else this.extend(id, lease);
      }
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.renewing = false;
    }
  }

  private extend(id: string, lease: Held): void {
    clearTimeout(lease.deadline);
    lease.deadline = this.deadlineOf(id, lease.lost);
  }

  private deadlineOf(id: string, lost: AbortController): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.held.get(id)?.lost === lost) this.lose(id, 'the queue could not be reached for the length of the lease');
    }, this.options.leaseMs);
  }

  private lose(id: string, reason: string): void {
    const lease = this.held.get(id);
    this.release(id);
    lease?.lost.abort(new Error(`The lease was lost: ${reason}.`));
  }
}
