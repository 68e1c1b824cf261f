import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';
import { duration } from './units.js';

export interface ProgressState {
  /** 0 to 1. */
  fraction: number;
  /** What is being done, such as "epoch 3 of 10". */
  detail?: string;
  /** Milliseconds that the rest is expected to take. */
  etaMs?: number;
}

/** Progress of several things at once, among other lines. */
export interface ProgressDisplay {
  update(label: string, state: ProgressState): void;
  /** The thing has ended: its bar goes, and the line, if any, stays. */
  finish(label: string, line?: string): void;
  /** A line above the bars. */
  line(text: string): void;
  /** Removes what is left of the bars. */
  stop(): void;
}

export function progressDisplay(terminal: Terminal): ProgressDisplay {
  return terminal.interactive ? new BarDisplay(terminal) : new LineDisplay(terminal);
}

/** Bars on a terminal, redrawn in place. */
class BarDisplay implements ProgressDisplay {
  private bars?: cliProgress.MultiBar;
  private readonly byLabel = new Map<string, cliProgress.SingleBar>();

  constructor(private readonly terminal: Terminal) {}

  update(label: string, state: ProgressState): void {
    const payload = {
      detail: state.detail ?? '',
      left: state.etaMs === undefined ? '' : `ETA ${duration(state.etaMs)}`,
    };
    const bar = this.byLabel.get(label);
    if (bar !== undefined) return bar.update(state.fraction, payload);
    this.bars ??= new cliProgress.MultiBar(
      {
        format: '{label} {bar} {percentage}% {left} {detail}',
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        forceRedraw: true,
        gracefulExit: false,
        emptyOnZero: true,
        autopadding: true,
        stream: this.terminal.stderr,
      },
      cliProgress.Presets.shades_classic,
    );
    this.byLabel.set(label, this.bars.create(1, state.fraction, { label: label.padEnd(18), ...payload }));
  }

  finish(label: string, line?: string): void {
    const bar = this.byLabel.get(label);
    if (bar !== undefined) this.bars?.remove(bar);
    this.byLabel.delete(label);
    if (this.byLabel.size === 0) this.stop();
    if (line !== undefined) this.line(line);
  }

  line(text: string): void {
    if (this.bars === undefined) this.terminal.note(text);
    else this.bars.log(`${text}\n`);
  }

  stop(): void {
    this.bars?.stop();
    this.bars = undefined;
    this.byLabel.clear();
  }
}

/** Plain lines for a log file or a pipe: one at every tenth. */
class LineDisplay implements ProgressDisplay {
  private readonly tenths = new Map<string, number>();

  constructor(private readonly terminal: Terminal) {}

  update(label: string, { fraction, detail, etaMs }: ProgressState): void {
    const tenth = Math.floor(fraction * 10 + 1e-9);
    if ((this.tenths.get(label) ?? -1) >= tenth) return;
    this.tenths.set(label, tenth);
    const left = etaMs === undefined ? '' : `, ETA ${duration(etaMs)}`;
    this.terminal.note(`${label}: ${Math.floor(fraction * 100)} %${detail ? `, ${detail}` : ''}${left}`);
  }

  finish(label: string, line?: string): void {
    this.tenths.delete(label);
    if (line !== undefined) this.terminal.note(line);
  }

  line(text: string): void {
    this.terminal.note(text);
  }

  stop(): void {}
}
