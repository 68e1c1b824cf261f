import { parseSpec, TERMINAL_STATES, type ScheduleFiring, type Spec } from '#contracts';
import { InvalidReferenceError } from './database-errors.js';
import type { Transaction } from './database.js';
import { recordEvent } from './record-event.js';
import { cancelRun, type Withdrawal } from './run-control.js';
import type { NextDue, StoredSchedule } from './stored-schedule.js';
import { submitExperiment } from './submit-experiment.js';

/** What came of one due time. */
export interface Fired {
  outcome: ScheduleFiring['outcome'];
  experimentId: string | null;
  note: string | null;
  /** Messages of runs that the overlap policy cancelled: the queue may forget them. */
  withdrawals: Withdrawal[];
}

/** Later than this, a firing says so. Milliseconds. */
const LATE_MS = 60_000;
/** Beyond this, times that were left out are not counted one by one. */
const MOST_COUNTED = 1000;

/**
 * Fires the due time of a schedule whose row this transaction has locked, and moves the row on to its next one. The
 * firing's key is (schedule, due time): where another process has fired it, nothing happens but the move. Times that
 * passed meanwhile are left out: after a night in which everything was down, one experiment is submitted, not hundreds.
 */
export async function fireDueTime(
  tx: Transaction,
  schedule: StoredSchedule & { nextDueAt: Date },
  now: Date,
  nextDue: NextDue,
): Promise<Fired | undefined> {
  const dueAt = schedule.nextDueAt;
  const first = await tx.query(
    `INSERT INTO schedule_firings (schedule_id, due_at, fired_at, outcome) VALUES ($1, $2, $3, 'submitted')
     ON CONFLICT (schedule_id, due_at) DO NOTHING RETURNING due_at`,
    [schedule.id, dueAt, now],
  );
  const { next, leftOut } = following(schedule, now, nextDue);
  if (first.length === 0) {
    await tx.query('UPDATE schedules SET next_due_at = $2 WHERE id = $1', [schedule.id, next]);
    return undefined;
  }
  const fired = await submitUnlessOverlapping(tx, schedule);
  const notes = [fired.note, latenessNote(now.getTime() - dueAt.getTime(), leftOut)].filter((note) => note !== null);
  const note = notes.length === 0 ? null : notes.join('; ');
  await tx.query(
    `UPDATE schedule_firings SET outcome = $3, experiment_id = $4, note = $5 WHERE schedule_id = $1 AND due_at = $2`,
    [schedule.id, dueAt, fired.outcome, fired.experimentId, note],
  );
  await tx.query(
    `UPDATE schedules SET next_due_at = $2, last_fired_at = $3, last_experiment_id = coalesce($4, last_experiment_id)
     WHERE id = $1`,
    [schedule.id, next, now, fired.experimentId],
  );
  await recordEvent(tx, { type: 'schedules' });
  return { ...fired, note };
}

/** Submits what the stored spec says; throws InvalidReferenceError, below `spec`, where it cannot be submitted any more. */
export async function submitScheduled(tx: Transaction, schedule: { id: string; spec: Spec }): Promise<string> {
  // What was legal when it was stored may have become illegal since.
  const parsed = parseSpec(schedule.spec);
  if (!parsed.ok) {
    const [{ path, message }] = parsed.issues;
    throw new InvalidReferenceError(below(path), message);
  }
  try {
    const { id } = await submitExperiment(tx, { spec: parsed.spec, scheduleId: schedule.id });
    return id;
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    throw new InvalidReferenceError(below(error.field), error.message);
  }
}

async function submitUnlessOverlapping(tx: Transaction, schedule: StoredSchedule): Promise<Fired> {
  const unfinished = schedule.overlap === 'allow' ? [] : await unfinishedRuns(tx, schedule.id);
  if (unfinished.length > 0 && schedule.overlap === 'skip') {
    const note = `${count(unfinished.length, 'run')} of the last time had not ended`;
    return { outcome: 'skipped', experimentId: null, note, withdrawals: [] };
  }
  let experimentId: string;
  try {
    experimentId = await submitScheduled(tx, schedule);
  } catch (error) {
    // The person who reads the firings can mend it; the schedule goes on meanwhile, and so do its earlier runs.
    if (!(error instanceof InvalidReferenceError)) throw error;
    return { outcome: 'failed', experimentId: null, note: `${error.field}: ${error.message}`, withdrawals: [] };
  }
  const withdrawals: Withdrawal[] = [];
  for (const id of unfinished) {
    const withdrawal = await cancelRun(tx, id);
    if (withdrawal !== undefined) withdrawals.push(withdrawal);
  }
  const note = unfinished.length === 0 ? null : `${count(unfinished.length, 'run')} of the last time cancelled`;
  return { outcome: 'submitted', experimentId, note, withdrawals };
}

async function unfinishedRuns(tx: Transaction, scheduleId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT r.id FROM experiments e JOIN runs r ON r.experiment_id = e.id
     WHERE e.schedule_id = $1 AND r.state <> ALL ($2::text[]) AND NOT r.cancel_requested ORDER BY r.id`,
    [scheduleId, TERMINAL_STATES],
  );
  return rows.map((row) => row.id);
}

/** The first due time that is still to come, and how many after the current one have passed already. */
function following(
  schedule: StoredSchedule & { nextDueAt: Date },
  now: Date,
  nextDue: NextDue,
): { next: Date | null; leftOut: number } {
  let leftOut = 0;
  let next = nextDue(schedule, schedule.nextDueAt);
  while (next !== null && next <= now && leftOut < MOST_COUNTED) {
    leftOut++;
    next = nextDue(schedule, next);
  }
  return { next: next !== null && next <= now ? nextDue(schedule, now) : next, leftOut };
}

function latenessNote(lateMs: number, leftOut: number): string | null {
  if (lateMs < LATE_MS && leftOut === 0) return null;
  const minutes = Math.round(lateMs / 60_000);
  const late = minutes < 120 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour');
  const many = leftOut >= MOST_COUNTED ? `${MOST_COUNTED} or more` : String(leftOut);
  const missed = leftOut === 0 ? '' : `, and ${many} later ${leftOut === 1 ? 'time was' : 'times were'} left out`;
  return `${late} late${missed}: no api process was there`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function below(path: string): string {
  return path === '' ? 'spec' : `spec.${path}`;
}
