import { z } from 'zod';

/**
 * The states of a run and the one function that owns their transitions.
 * "Retrying" is not a state: it is `queued` with attempt > 1.
 */
export const RUN_STATES = ['waiting', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export const RunStateSchema = z.enum(RUN_STATES);
export type RunState = z.infer<typeof RunStateSchema>;

export const TERMINAL_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly RunState[];

export type RunEvent =
  /** The run that this one waits for has completed. */
  | 'dependency-completed'
  /** The run that this one waits for has failed or was cancelled. */
  | 'dependency-failed'
  /** A worker has begun an attempt. */
  | 'start'
  | 'complete'
  /** The attempt failed and the run is out of attempts, or the error is the user's. */
  | 'fail'
  /** The attempt failed, was lost or was drained, and another one is due. */
  | 'requeue'
  | 'cancel'
  /** A person asks for another attempt at a run that failed or was cancelled. */
  | 'retry';

const TRANSITIONS: Record<RunState, Partial<Record<RunEvent, RunState>>> = {
  waiting: { 'dependency-completed': 'queued', 'dependency-failed': 'failed', cancel: 'cancelled' },
  queued: { start: 'running', cancel: 'cancelled', fail: 'failed' },
  running: { complete: 'completed', fail: 'failed', requeue: 'queued', cancel: 'cancelled' },
  completed: {},
  failed: { retry: 'queued' },
  cancelled: { retry: 'queued' },
};

export function isTerminal(state: RunState): boolean {
  return (TERMINAL_STATES as readonly RunState[]).includes(state);
}

/** The state that follows, or `undefined` where the event is not legal in this state. */
export function transition(state: RunState, event: RunEvent): RunState | undefined {
  return TRANSITIONS[state][event];
}
