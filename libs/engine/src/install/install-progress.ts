/** The steps of an installation in their order, with the share of the time that each usually takes. */
const SHARES = {
  wait: 0,
  download: 0.35,
  verify: 0.05,
  unpack: 0.2,
  compiler: 0.1,
  compile: 0.28,
  check: 0.02,
} as const;

export type InstallPhase = keyof typeof SHARES;

export interface InstallProgress {
  phase: InstallPhase;
  /** For people, such as `downloading TensorFlow`. */
  label: string;
  /** Bytes of this phase, where it is counted in bytes; `totalBytes` is 0 when it is not known. */
  bytes?: number;
  totalBytes?: number;
  /** Of the whole installation, 0 to 1, never falling. */
  fraction: number;
  /** Milliseconds that the rest will probably take; absent at first. */
  etaMs?: number;
}

const LABELS: Record<InstallPhase, string> = {
  wait: 'waiting for another installation',
  download: 'downloading TensorFlow',
  verify: 'checking the download',
  unpack: 'unpacking',
  compiler: 'fetching a C++ compiler',
  compile: 'compiling the binding',
  check: 'checking the engine',
};

/** Turns what the phases report into one bar over the whole installation. */
export class InstallMeter {
  #fraction = 0;
  readonly #startedAt: number;

  constructor(
    private readonly report: (progress: InstallProgress) => void = () => {},
    private readonly now: () => number = Date.now,
  ) {
    this.#startedAt = now();
  }

  enter(phase: InstallPhase): void {
    this.#emit(phase, 0);
  }

  bytes(phase: InstallPhase, bytes: number, totalBytes: number): void {
    this.#emit(phase, totalBytes > 0 ? bytes / totalBytes : 0, { bytes, totalBytes });
  }

  /**
   * Runs a phase that cannot say how far it is: the bar approaches its end as time passes.
   * @param expectedMs how long it usually takes
   */
  async timed<T>(phase: InstallPhase, expectedMs: number, work: () => Promise<T>): Promise<T> {
    const startedAt = this.now();
    this.enter(phase);
    const tick = setInterval(() => this.#emit(phase, 1 - Math.exp(-(this.now() - startedAt) / expectedMs)), 500);
    try {
      return await work();
    } finally {
      clearInterval(tick);
    }
  }

  finish(): void {
    this.#emit('check', 1);
  }

  #emit(phase: InstallPhase, done: number, counted: Pick<InstallProgress, 'bytes' | 'totalBytes'> = {}): void {
    const phases = Object.keys(SHARES) as InstallPhase[];
    const before = phases.slice(0, phases.indexOf(phase)).reduce((sum, earlier) => sum + SHARES[earlier], 0);
    this.#fraction = Math.min(1, Math.max(this.#fraction, before + SHARES[phase] * Math.min(1, done)));
    const elapsed = this.now() - this.#startedAt;
    const etaMs = this.#fraction > 0.02 ? Math.round((elapsed * (1 - this.#fraction)) / this.#fraction) : undefined;
    this.report({ phase, label: LABELS[phase], ...counted, fraction: this.#fraction, etaMs });
  }
}
