import type { Progress } from '#contracts';

/** A part of a run whose length is known before it begins. */
export interface Phase {
  /** In words: "features", "train", "test". */
  name: string;
  /** Units of work: images, or optimizer steps. */
  total: number;
  /** What one unit costs, in a measure common to the run's phases: forward passes of one image, say. */
  cost: number;
  /** Images that one unit takes, where the phase's speed is worth showing in images per second. */
  images?: number;
}

/** A report at most this often: each crosses a process boundary and reaches a screen. */
const REPORT_EVERY_MS = 250;

/**
 * Turns work done into the whole run's fraction and the time that is left. What is left of a phase is estimated from the
 * phase's own speed once it has one, what follows from the run's speed so far and the phases' relative costs.
 */
export class ProgressMeter {
  private current = -1;
  private done = 0;
  private skipped = 0;
  private phaseBegan = 0;
  private spentMs = 0;
  private spentCost = 0;
  private reportedAt = -Infinity;

  constructor(
    private readonly phases: readonly Phase[],
    private readonly report: (progress: Progress) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Begins a phase; phases are begun in their order, and those left out count as done.
   * @param alreadyDone units that an earlier attempt, or a cache, has done
   */
  begin(name: string, alreadyDone = 0): void {
    this.finishPhase();
    const next = this.phases.findIndex((phase, index) => index > this.current && phase.name === name);
    if (next < 0) throw new Error(`the phase "${name}" is not planned after "${this.phases[this.current]?.name}"`);
    this.current = next;
    this.done = this.skipped = alreadyDone;
    this.phaseBegan = this.now();
    this.send({});
  }

  /** `done`: units of the phase that are done now. */
  advance(done: number, details: Pick<Progress, 'epoch' | 'epochs'> = {}): void {
    this.done = done;
    const last = done >= this.phases[this.current].total;
    if (last || this.now() - this.reportedAt >= REPORT_EVERY_MS) this.send(details);
  }

  /** Units per second in this phase so far. */
  speed(): number {
    const seconds = (this.now() - this.phaseBegan) / 1000;
    return seconds > 0 ? (this.done - this.skipped) / seconds : 0;
  }

  private finishPhase(): void {
    if (this.current < 0) return;
    this.spentMs += this.now() - this.phaseBegan;
    this.spentCost += (this.done - this.skipped) * this.phases[this.current].cost;
  }

  private send(details: Pick<Progress, 'epoch' | 'epochs'>): void {
    this.reportedAt = this.now();
    const phase = this.phases[this.current];
    const cost = (part: Phase) => part.total * part.cost;
    const sum = (parts: readonly Phase[]) => parts.reduce((total, part) => total + cost(part), 0);
    const all = sum(this.phases);
    const behind = sum(this.phases.slice(0, this.current)) + this.done * phase.cost;
    const etaMs = this.eta(phase, sum(this.phases.slice(this.current + 1)));
    const imagesPerSecond = phase.images === undefined ? 0 : this.speed() * phase.images;
    this.report({
      phase: phase.name,
      done: this.done,
      total: phase.total,
      fraction: all === 0 ? 0 : Math.min(1, behind / all),
      ...details,
      ...(etaMs === undefined ? {} : { etaMs: Math.round(etaMs) }),
      ...(imagesPerSecond > 0 ? { imagesPerSecond } : {}),
    });
  }

  private eta(phase: Phase, costAhead: number): number | undefined {
    const phaseMs = this.now() - this.phaseBegan;
    const worked = (this.done - this.skipped) * phase.cost;
    const spentCost = this.spentCost + worked;
    const msPerCost = spentCost > 0 ? (this.spentMs + phaseMs) / spentCost : undefined;
    const msHere = worked > 0 ? phaseMs / worked : msPerCost;
    if (msHere === undefined || msPerCost === undefined) return undefined;
    return (phase.total - this.done) * phase.cost * msHere + costAhead * msPerCost;
  }
}
