import type { Run, RunState } from '#contracts';
import type { Terminal } from './terminal.js';

const COLOURS = {
  waiting: 'gray',
  queued: 'blue',
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
} as const satisfies Record<RunState, string>;

/** A run's state in its colour; a running one that was asked to stop says so. */
export function paintState(terminal: Terminal, run: Pick<Run, 'state' | 'cancelRequested'>): string {
  const text = run.state === 'running' && run.cancelRequested ? 'cancelling' : run.state;
  return terminal.paint(COLOURS[run.state], text);
}
