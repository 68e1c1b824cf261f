import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '#artifacts';
import type { OutputLeaseAnswer, TrainerEvent } from '#contracts';
import {
  DatabaseUnavailableError,
  OUTPUT_LEASE_MS,
  type OutputLeaseHolder,
  type SharedOutputStore,
} from '#persistence';
import { bringOutputs } from '../inputs/bring-outputs.js';
import { persistently } from '../platform/persistently.js';

export interface AttemptOutputsOptions {
  /** The attempt's. */
  token: string;
  store: Pick<SharedOutputStore, 'take' | 'release' | 'files'>;
  artifacts: Pick<ArtifactStore, 'get'>;
  cacheFolder: string;
  /** Aborted when the attempt ends. */
  signal: AbortSignal;
  answer(answer: OutputLeaseAnswer): void;
  /** Resolves when all that the trainer has announced so far is with the platform, or was given up. */
  caughtUp(): Promise<void>;
  /** A line in the run's log. */
  note(level: 'info' | 'warn', message: string): void;
  renewEveryMs?: number;
  /** A database that does not answer for so long cannot be asked. Milliseconds. */
  patienceMs?: number;
}

/** The artifact store may be away for so long, and all files of one answer may take so long. Milliseconds. */
const STORE_PATIENCE_MS = 5000;
const BRING_MS = 60_000;

/**
 * An attempt's part in who computes what a teacher says. The trainer asks (`output-lease` of the trainer's protocol); here
 * the database is asked, leases are renewed, also while the trainer is deep in a computation, and rows that other runs have
 * shared are brought to this machine's cache before each answer.
 */
export class AttemptOutputs {
  /** Leases that the trainer has, with the request by which it asked last. */
  private readonly held = new Map<string, number>();
  private readonly noted = new Set<string>();
  private beat: NodeJS.Timeout | undefined;
  private renewing = false;

  constructor(private readonly options: AttemptOutputsOptions) {}

  /** Never rejects: what goes wrong is in the answer and in the run's log. */
  async lease({ address, request }: Extract<TrainerEvent, { type: 'output-lease' }>): Promise<void> {
    const { answer, signal } = this.options;
    // Asked again while its giving back waits for uploads: then it stays.
    if (this.held.has(address)) this.held.set(address, request);
    const taken = await this.take(address);
    if (signal.aborted) return;
    if (taken === undefined) return answer({ type: 'output-lease', request, state: 'unavailable', brought: 0 });
    if (taken.holder === undefined) this.hold(address, request);
    // After the lease was taken: whoever had it before gave it back when all of its rows were here.
    const brought = await this.bring(address);
    const state = taken.holder === undefined ? 'held' : 'elsewhere';
    answer({ type: 'output-lease', request, state, holder: taken.holder, brought });
  }

  /** Gives a lease back once the rows that were computed under it can be found by others. Never rejects. */
  async release({ address }: Extract<TrainerEvent, { type: 'output-release' }>): Promise<void> {
    const asked = this.held.get(address);
    await this.options.caughtUp();
    if (asked !== undefined && this.held.get(address) === asked) await this.giveBack(address);
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    clearInterval(this.beat);
    await Promise.all([...this.held.keys()].map((address) => this.giveBack(address)));
  }

  private hold(address: string, request: number): void {
    this.held.set(address, request);
    if (this.options.signal.aborted) return;
    this.beat ??= setInterval(() => void this.renew(), this.options.renewEveryMs ?? OUTPUT_LEASE_MS / 4);
  }

  private async giveBack(address: string): Promise<void> {
    this.held.delete(address);
    // Where that fails the lease expires.
    await this.options.store.release(address, this.options.token).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    for (const address of this.held.keys()) {
      await this.options.store.take(address, this.options.token).catch(() => undefined);
    }
    this.renewing = false;
  }

  /** Who has it, nobody but this attempt perhaps; `undefined` where the database cannot be asked. */
  private async take(address: string): Promise<{ holder: OutputLeaseHolder | undefined } | undefined> {
    const { store, token, signal, patienceMs = 5000 } = this.options;
    const over = new AbortController();
    const taking = persistently(() => store.take(address, token), {
      mayPass: (error) => error instanceof DatabaseUnavailableError,
      forMs: patienceMs,
      signal: AbortSignal.any([signal, over.signal]),
    });
    try {
      // A database may also hang, and say nothing.
      const late = sleep(2 * patienceMs, undefined, { signal: over.signal, ref: false }).then(() => {
        throw new Error('the database does not answer');
      });
      late.catch(() => undefined);
      return { holder: await Promise.race([taking, late]) };
    } catch (error) {
      this.noteOnce('warn', `Who else asks the teacher is not known: ${(error as Error).message}`);
      // Taken after all, too late: the trainer does not know that it has it.
      void taking.then((holder) => (holder === undefined ? this.giveBack(address) : undefined)).catch(() => undefined);
      return undefined;
    } finally {
      over.abort();
    }
  }

  private async bring(address: string): Promise<number> {
    const { store, artifacts, cacheFolder, signal } = this.options;
    try {
      return await bringOutputs(await store.files(address), cacheFolder, artifacts, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(BRING_MS)]),
        patienceMs: STORE_PATIENCE_MS,
        note: (level, message) => this.noteOnce(level, message),
      });
    } catch (error) {
      if (!signal.aborted)
        this.noteOnce('warn', `What others have heard from the teacher cannot be had: ${(error as Error).message}`);
      return 0;
    }
  }

  private noteOnce(level: 'info' | 'warn', message: string): void {
    if (this.noted.has(message)) return;
    this.noted.add(message);
    this.options.note(level, message);
  }
}
