import { isTerminal, type Progress, type Run } from '#contracts';
import type { ProgressDisplay, ProgressState } from './progress-display.js';
import type { Terminal } from './terminal.js';
import { duration, percent } from './units.js';

/** Shows runs on a display: a bar or lines while one runs, one line when it has ended. */
export class RunProgress {
  private readonly ended = new Set<string>();

  constructor(
    private readonly terminal: Terminal,
    private readonly display: ProgressDisplay,
  ) {}

  show(run: Run): void {
    if (this.ended.has(run.id)) return;
    const label = runLabel(run);
    if (isTerminal(run.state)) {
      this.ended.add(run.id);
      this.display.finish(label, endOf(this.terminal, run, label));
    } else if (run.state === 'running') {
      this.display.update(
        label,
        run.progress === null ? { fraction: 0, detail: 'starting' } : progressState(run.progress),
      );
    }
  }
}

/** As short as tells one run from its neighbours. */
export function runLabel(run: Run): string {
  const point = Object.entries(run.point).map(([key, value]) => ` ${key.split('.').at(-1)}=${String(value)}`);
  return `${run.experimentName}${run.seed === 0 ? '' : ` seed ${run.seed}`}${point.join('')}`;
}

export function progressState(progress: Progress): ProgressState {
  const { phase, epoch, epochs, fraction, etaMs, imagesPerSecond } = progress;
  const counter = epoch !== undefined && epochs !== undefined ? ` epoch ${epoch}/${epochs}` : '';
  const speed = imagesPerSecond === undefined ? '' : `, ${Math.round(imagesPerSecond)} images/s`;
  return { fraction, etaMs, detail: `${phase}${counter}${speed}` };
}

function endOf(terminal: Terminal, run: Run, label: string): string {
  const took = run.durationMs === null ? '' : ` in ${duration(run.durationMs)}`;
  if (run.state === 'completed') {
    const best = run.bestMetric === null ? '' : `: ${run.bestMetric.key} ${percent(run.bestMetric.value)}`;
    return `${terminal.paintNote('green', '✔')} ${label} completed${took}${best}`;
  }
  if (run.state === 'cancelled') return `${terminal.paintNote('yellow', '■')} ${label} cancelled${took}`;
  const reason = run.failure === null ? '' : `: ${run.failure.message}`;
  const remedy = run.failure?.remedy === undefined ? '' : `\n  ${run.failure.remedy}`;
  return `${terminal.paintNote('red', '✖')} ${label} failed${took}${reason}${remedy}`;
}
