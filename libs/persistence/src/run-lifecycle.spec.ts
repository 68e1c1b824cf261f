import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTerminal, RUN_STATES, transition, type RunEvent, type RunState } from '#contracts';
import { openTestDatabase, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { distillation, logistic, transfer } from '../../../test/specs.js';
import { ConflictError } from './database-errors.js';
import type { Database } from './database.js';
import { lockRun, moveRun } from './run-lifecycle.js';

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

let open: OpenDatabase;
let database: Database;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
});
afterAll(() => open.close());

interface RunRow {
  state: RunState;
  startedAt: Date | null;
  finishedAt: Date | null;
  dueAt: Date | null;
  attempt: number;
}

async function row(id: string): Promise<RunRow> {
  const [found] = await database.query<RunRow>(
    `SELECT state, attempt, started_at AS "startedAt", finished_at AS "finishedAt", due_at AS "dueAt"
     FROM runs WHERE id = $1`,
    [id],
  );
  return found;
}

async function move(id: string, event: RunEvent, details: Parameters<typeof moveRun>[3] = {}): Promise<void> {
  await database.transaction(async (tx) => moveRun(tx, (await lockRun(tx, id))!, event, details));
}

async function inOutbox(id: string): Promise<number[]> {
  const rows = await database.query<{ attempt: number }>('SELECT attempt FROM outbox WHERE run_id = $1', [id]);
  return rows.map(({ attempt }) => attempt);
}

/** A run that has just been put into a state by hand. */
async function runIn(state: RunState): Promise<string> {
  const { runs } = await submitRuns(database, logistic);
  await database.query('DELETE FROM outbox WHERE run_id = $1', [runs[0]]);
  await database.query('UPDATE runs SET state = $2 WHERE id = $1', [runs[0], state]);
  return runs[0];
}

describe.each(RUN_STATES)('a run that is %s', (from) => {
  it.each(EVENTS)('is moved by "%s" as the state machine says, or refused', async (event) => {
    const id = await runIn(from);
    const to = transition(from, event);
    if (to === undefined) {
      await expect(move(id, event)).rejects.toThrow(ConflictError);
      expect((await row(id)).state).toBe(from);
      expect(await inOutbox(id)).toEqual([]);
      return;
    }
    await move(id, event, { start: event === 'start' ? { attempt: 1, workerName: 'w' } : undefined });
    const moved = await row(id);
    expect(moved.state).toBe(to);
    // What is queued is to be published, what has ended is not, and has an end.
    expect(await inOutbox(id)).toEqual(to === 'queued' ? [1] : []);
    expect(moved.dueAt !== null).toBe(to === 'queued');
    expect(moved.finishedAt !== null).toBe(isTerminal(to));
    expect(moved.startedAt !== null).toBe(to === 'running');
  });
});

describe('runs that wait for another one', () => {
  async function teacherAndStudents() {
    const name = `teacher ${Math.random()}`;
    const teacher = (await submitRuns(database, { ...transfer, name })).runs[0];
    const students = await submitRuns(database, {
      ...distillation(`latest:${name}`),
      name: `${name}'s`,
      seeds: [0, 1],
    });
    const second = await submitRuns(database, { ...distillation(`latest:${name}'s`), name: 'third generation' });
    return { teacher, students: students.runs, grandchild: second.runs[0] };
  }
  const stateOf = async (id: string) => (await row(id)).state;

  it('are queued when it completes', async () => {
    const { teacher, students, grandchild } = await teacherAndStudents();
    expect(await Promise.all([...students, grandchild].map(stateOf))).toEqual(['waiting', 'waiting', 'waiting']);
    expect(await inOutbox(students[0])).toEqual([]);
    await move(teacher, 'start', { start: { attempt: 1, workerName: 'w' } });
    await move(teacher, 'complete');
    expect(await Promise.all([...students, grandchild].map(stateOf))).toEqual(['queued', 'queued', 'waiting']);
    expect(await inOutbox(students[1])).toEqual([1]);
  });

  it.each([
    ['fail', 'failed'],
    ['cancel', 'was cancelled'],
  ] as const)('fail with it when it is ended by "%s", and with them those that wait for them', async (event, words) => {
    const { teacher, students, grandchild } = await teacherAndStudents();
    await move(teacher, event);
    expect(await Promise.all([...students, grandchild].map(stateOf))).toEqual(['failed', 'failed', 'failed']);
    const [{ failure }] = await database.query<{ failure: { message: string; remedy: string } }>(
      'SELECT failure FROM runs WHERE id = $1',
      [students[0]],
    );
    expect(failure).toMatchObject({
      class: 'user',
      field: 'teacher.run',
      message: `its teacher, run ${teacher}, ${words}`,
      remedy: expect.stringContaining('retry the teacher'),
    });
  });

  it('are queued at once where the teacher has completed already', async () => {
    const { teacher } = await teacherAndStudents();
    await move(teacher, 'start', { start: { attempt: 1, workerName: 'w' } });
    await move(teacher, 'complete');
    const { runs } = await submitRuns(database, distillation(teacher));
    expect(await stateOf(runs[0])).toBe('queued');
  });

  it('are not lost where the teacher ends while they are submitted', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `racing teacher ${round}`;
      const teacher = (await submitRuns(database, { ...transfer, name })).runs[0];
      await move(teacher, 'start', { start: { attempt: 1, workerName: 'w' } });
      const [student] = await Promise.all([
        submitRuns(database, { ...distillation(`latest:${name}`), name: 'racing student' }),
        move(teacher, 'complete'),
      ]);
      expect(await stateOf(student.runs[0])).toBe('queued');
      expect(await inOutbox(student.runs[0])).toEqual([1]);
    }
  });
});
