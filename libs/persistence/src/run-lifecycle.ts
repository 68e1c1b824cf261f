import { isTerminal, teachersOf, transition, type Failure, type RunEvent, type RunState, type Spec } from '#contracts';
import { CHANNELS } from './channels.js';
import { ConflictError } from './database-errors.js';
import type { Transaction } from './database.js';
import { jsonb } from './json-value.js';
import { recordEvent } from './record-event.js';
import { teacherClassMistake } from './teacher-classes.js';
import { runField } from './teacher-reference.js';

/** A run whose row this transaction has locked: nobody else can move it before the commit. */
export interface LockedRun {
  id: string;
  state: RunState;
  attempt: number;
  failures: number;
  losses: number;
  cancelRequested: boolean;
}

const COLUMNS = `r.id, r.state, r.attempt, r.failures, r.losses, r.cancel_requested AS "cancelRequested"`;

export async function lockRun(tx: Transaction, id: string): Promise<LockedRun | undefined> {
  const [run] = await tx.query<LockedRun>(`SELECT ${COLUMNS} FROM runs r WHERE r.id = $1 FOR UPDATE`, [id]);
  return run;
}

/** Locks the run of the attempt that holds this token, if it is still the run's current attempt. */
export async function lockRunOfAttempt(tx: Transaction, token: string): Promise<LockedRun | undefined> {
  const [run] = await tx.query<LockedRun>(
    `SELECT ${COLUMNS} FROM attempts a JOIN runs r ON r.id = a.run_id
     WHERE a.token = $1 AND r.attempt = a.number AND r.state = 'running'
     FOR UPDATE OF r`,
    [token],
  );
  return run;
}

/** What a move writes besides the state. */
export interface Move {
  /** Of a run that fails. */
  failure?: Failure;
  /** Before a queued run may be taken. Milliseconds. */
  delayMs?: number;
  /** Of a run that starts. */
  start?: { attempt: number; workerName: string };
  failures?: number;
  losses?: number;
}

/**
 * Moves a locked run, with all that hangs on it: a queued run is put into the outbox, a run that ends frees or fails the
 * runs that wait for it. Throws ConflictError where the event is not legal in the run's state.
 */
export async function moveRun(tx: Transaction, run: LockedRun, event: RunEvent, move: Move = {}): Promise<LockedRun> {
  const state = transition(run.state, event);
  if (state === undefined) throw new ConflictError(`run ${run.id} is ${run.state}: "${event}" is not possible`);
  const moved: LockedRun = {
    ...run,
    state,
    attempt: move.start?.attempt ?? run.attempt,
    failures: move.failures ?? run.failures,
    losses: move.losses ?? run.losses,
    cancelRequested: state === 'running' ? run.cancelRequested : false,
  };
  await tx.query(
    `UPDATE runs SET state = $2, attempt = $3, failures = $4, losses = $5, failure = $6, cancel_requested = $7,
       worker_name = coalesce($8, worker_name),
       progress = CASE WHEN $2 = 'running' THEN NULL ELSE progress END,
       started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, now()) ELSE started_at END,
       finished_at = CASE WHEN $9 THEN now() END,
       published_at = NULL,
       due_at = CASE WHEN $2 = 'queued' THEN now() + $10 * interval '1 millisecond' END
     WHERE id = $1`,
    [
      run.id,
      state,
      moved.attempt,
      moved.failures,
      moved.losses,
      jsonb(move.failure),
      moved.cancelRequested,
      move.start?.workerName ?? null,
      isTerminal(state),
      move.delayMs ?? 0,
    ],
  );
  await recordEvent(tx, { type: 'run', runId: run.id });
  if (state === 'queued') await putInOutbox(tx, run.id);
  if (isTerminal(state)) {
    await tx.query('DELETE FROM outbox WHERE run_id = $1', [run.id]);
    await settleDependents(tx, moved);
  }
  return moved;
}

/** The message asks for the attempt after the newest one. Publishing it twice is one message. */
export async function putInOutbox(tx: Transaction, runId: string): Promise<void> {
  await tx.query(
    `INSERT INTO outbox (run_id, attempt, due_at) SELECT id, attempt + 1, due_at FROM runs WHERE id = $1
     ON CONFLICT (run_id, attempt) DO NOTHING`,
    [runId],
  );
  await tx.query('SELECT pg_notify($1, $2)', [CHANNELS.outbox, '']);
}

/**
 * Runs that wait for this one are queued once all of their teachers have completed, or fail with it, and with them those
 * that wait for them.
 */
async function settleDependents(tx: Transaction, teacher: LockedRun): Promise<void> {
  const dependents = await tx.query<LockedRun & { spec: Spec }>(
    `SELECT ${COLUMNS}, r.spec FROM runs r
     WHERE r.id IN (SELECT run_id FROM run_teachers WHERE teacher_run_id = $1) AND r.state = 'waiting'
     ORDER BY r.id FOR UPDATE`,
    [teacher.id],
  );
  for (const { spec, ...dependent } of dependents) {
    // Asked with the dependent's row locked: of two teachers that complete at once, the later sees the other's state.
    const teachers = await tx.query<StudentsTeacher>(
      `SELECT t.member, r.id, r.state FROM run_teachers t JOIN runs r ON r.id = t.teacher_run_id
       WHERE t.run_id = $1 ORDER BY t.member`,
      [dependent.id],
    );
    const failure = await failureByTeacher(
      tx,
      spec,
      teachers.find(({ id }) => id === teacher.id)!,
    );
    if (failure !== undefined) await moveRun(tx, dependent, 'dependency-failed', { failure });
    else if (teachers.every(({ state }) => state === 'completed')) await moveRun(tx, dependent, 'dependency-completed');
  }
}

interface StudentsTeacher {
  id: string;
  member: number;
  state: RunState;
}

/** Why a run that waits for this teacher cannot go on; `undefined` where it can. */
async function failureByTeacher(
  tx: Transaction,
  spec: Spec,
  { id, member, state }: StudentsTeacher,
): Promise<Failure | undefined> {
  const field = runField(teachersOf(spec)[member]);
  if (state === 'failed' || state === 'cancelled') {
    return {
      class: 'user',
      field,
      message: `its teacher, run ${id}, ${state === 'failed' ? 'failed' : 'was cancelled'}`,
      remedy: 'retry the teacher; when it has completed, retry this run',
    };
  }
  const mistake = await teacherClassMistake(tx, spec, id);
  if (mistake === undefined) return undefined;
  const remedy = 'use a teacher that was trained on a dataset with the same classes';
  return { class: 'user', field, message: `${field}: ${mistake}`, remedy };
}
