import type { Terminal } from '../terminal/terminal.js';
import type { Check } from './check.js';

const MARKS = {
  ok: { sign: '✔', colour: 'green' },
  warning: { sign: '!', colour: 'yellow' },
  problem: { sign: '✖', colour: 'red' },
} as const;

/** One line for each check, and what to do below those that need it. */
export function printChecks(terminal: Terminal, checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, status, detail, remedy } of checks) {
    const { sign, colour } = MARKS[status];
    terminal.print(`${terminal.paint(colour, sign)} ${name.padEnd(width)}  ${detail}`);
    if (status !== 'ok' && remedy !== undefined) terminal.print(`  ${''.padEnd(width)}  → ${remedy}`);
  }
}
