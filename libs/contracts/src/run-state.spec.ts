import { describe, expect, it } from 'vitest';
import { isTerminal, RUN_STATES, transition, type RunEvent } from './run-state.js';

const LEGAL: [string, RunEvent, string][] = [
  ['waiting', 'dependency-completed', 'queued'],
  ['waiting', 'dependency-failed', 'failed'],
  ['waiting', 'cancel', 'cancelled'],
  ['queued', 'start', 'running'],
  ['queued', 'cancel', 'cancelled'],
  ['queued', 'fail', 'failed'],
  ['running', 'complete', 'completed'],
  ['running', 'fail', 'failed'],
  ['running', 'requeue', 'queued'],
  ['running', 'cancel', 'cancelled'],
  ['failed', 'retry', 'queued'],
  ['cancelled', 'retry', 'queued'],
];
const EVENTS: RunEvent[] = [
  'dependency-completed',
  'dependency-failed',
  'start',
  'complete',
  'fail',
  'requeue',
  'cancel',
  'retry',
];

describe('transition', () => {
  it.each(LEGAL)('takes a run that is %s by %s to %s', (from, event, to) => {
    expect(transition(from as (typeof RUN_STATES)[number], event)).toBe(to);
  });

  it('refuses everything else', () => {
    for (const state of RUN_STATES) {
      for (const event of EVENTS) {
        const legal = LEGAL.some(([from, by]) => from === state && by === event);
        if (!legal) expect(transition(state, event)).toBeUndefined();
      }
    }
  });

  it('leaves a completed run as it is, whatever happens', () => {
    expect(isTerminal('completed')).toBe(true);
    for (const event of EVENTS) expect(transition('completed', event)).toBeUndefined();
  });
});
