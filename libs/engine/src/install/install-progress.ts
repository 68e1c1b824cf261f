/** The steps of an installation in their order, with the seconds that each usually takes. */
const USUAL_SECONDS = {
  wait: 0,
  download: 20,
  verify: 1,
  unpack: 5,
  compiler: 0,
  compile: 13,
  check: 1,
};

export type InstallPhase = keyof typeof USUAL_SECONDS;

export interface InstallProgress {
  phase: InstallPhase;
  /** For people, such as `downloading TensorFlow`. */
  label: string;
  /** Bytes of this phase, where it is counted in bytes; `totalBytes` is 0 when it is not known. */
  bytes?: number;
  totalBytes?: number;
  /** Of the whole installation, 0 to 1, never falling. */
  fraction: number;
  /** Milliseconds that the rest will probably take. */
  etaMs: number;
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

/** How much of a phase must be done before its own pace says more than experience. */
const TELLING_FRACTION = 0.1;

/** Turns what the phases report into one bar over the whole installation. */
export class InstallMeter {
  readonly #seconds: Record<InstallPhase, number> = { ...USUAL_SECONDS };
  #fraction = 0;
  #phase: InstallPhase = 'wait';
  #phaseStartedAt: number;

  constructor(
    private readonly report: (progress: InstallProgress) => void = () => {},
    private readonly now: () => number = Date.now,
  ) {
    this.#phaseStartedAt = now();
  }

  /** Corrects how long a phase takes, before it begins. */
  expect(phase: InstallPhase, seconds: number): void {
    this.#seconds[phase] = seconds;
  }

  enter(phase: InstallPhase): void {
    this.#emit(phase, 0);
  }

  bytes(phase: InstallPhase, bytes: number, totalBytes: number): void {
    this.#emit(phase, totalBytes > 0 ? bytes / totalBytes : 0, { bytes, totalBytes });
  }

  /** Runs a phase that cannot say how far it is: the bar approaches its end as the usual time passes. */
  async timed<T>(phase: InstallPhase, work: () => Promise<T>): Promise<T> {
    this.enter(phase);
    const expectedMs = 1000 * this.#seconds[phase];
    const elapsed = () => this.now() - this.#phaseStartedAt;
    const tick = setInterval(() => this.#emit(phase, 1 - Math.exp((-2 * elapsed()) / expectedMs)), 500);
    try {
      return await work();
    } finally {
      clearInterval(tick);
    }
  }

  finish(): void {
    this.#emit('check', 1);
  }

  #emit(phase: InstallPhase, part: number, counted: Pick<InstallProgress, 'bytes' | 'totalBytes'> = {}): void {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#phaseStartedAt = this.now();
    }
    const done = Math.min(1, part);
    const phases = Object.keys(USUAL_SECONDS) as InstallPhase[];
    const sum = (some: InstallPhase[]) => some.reduce((seconds, each) => seconds + this.#seconds[each], 0);
    const before = sum(phases.slice(0, phases.indexOf(phase)));
    const after = sum(phases.slice(phases.indexOf(phase) + 1));
    const usual = this.#seconds[phase];
    this.#fraction = Math.max(this.#fraction, (before + usual * done) / (before + usual + after));
    const elapsed = this.now() - this.#phaseStartedAt;
    const restOfPhase = done > TELLING_FRACTION ? (elapsed * (1 - done)) / done : 1000 * usual * (1 - done);
    const etaMs = Math.round(restOfPhase + 1000 * after);
    this.report({ phase, label: LABELS[phase], ...counted, fraction: this.#fraction, etaMs });
  }
}
