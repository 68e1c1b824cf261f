import type { Page, ScheduleFiring, Spec } from '#contracts';
import { CHANNELS } from './channels.js';
import { decodeCursor, encodeCursor, invalidCursor } from './cursor.js';
import { ConflictError, InvalidReferenceError, sqlState } from './database-errors.js';
import type { Database, Transaction } from './database.js';
import { fireDueTime, submitScheduled, type Fired } from './fire-schedule.js';
import { jsonb } from './json-value.js';
import { notFound, projectId } from './project-store.js';
import { recordEvent } from './record-event.js';
import type { NextDue, ScheduleChange, ScheduleDraft, StoredSchedule } from './stored-schedule.js';
import { timeOrderedId } from './time-ordered-id.js';
import { isUuid } from './uuid.js';

const COLUMNS = `id, name, cron, time_zone AS "timeZone", overlap, paused, spec, next_due_at AS "nextDueAt",
  last_fired_at AS "lastFiredAt", last_experiment_id AS "lastExperimentId", created_at AS "createdAt"`;

/** Schedules, and their firings. Every `now` is the caller's clock. */
export class ScheduleStore {
  constructor(private readonly database: Database) {}

  /** By name. */
  async list(): Promise<StoredSchedule[]> {
    return this.database.query<StoredSchedule>(`SELECT ${COLUMNS} FROM schedules ORDER BY name, id LIMIT 1000`);
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<StoredSchedule> {
    const [row] = isUuid(id)
      ? await this.database.query<StoredSchedule>(`SELECT ${COLUMNS} FROM schedules WHERE id = $1`, [id])
      : [];
    if (row === undefined) throw notFound('schedule', id);
    return row;
  }

  /** Throws ConflictError where the project has a schedule of this name, InvalidReferenceError where there is no project. */
  async create(draft: ScheduleDraft, now: Date, nextDue: NextDue): Promise<StoredSchedule> {
    const id = timeOrderedId(now.getTime(), 0);
    const next = draft.paused ? null : nextDue(draft, now);
    return this.named(draft, () =>
      this.database.transaction(async (tx) => {
        const project = await projectOf(tx, draft.spec);
        const [row] = await tx.query<StoredSchedule>(
          `INSERT INTO schedules (id, project_id, name, cron, time_zone, overlap, paused, spec, next_due_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${COLUMNS}`,
          [
            id,
            project,
            draft.name,
            draft.cron,
            draft.timeZone,
            draft.overlap,
            draft.paused,
            jsonb(draft.spec),
            next,
            now,
          ],
        );
        await announce(tx);
        return row;
      }),
    );
  }

  /** A due time that is near stays, unless it is the times that change. Throws as `create`, and NotFoundError. */
  async update(id: string, change: ScheduleChange, now: Date, nextDue: NextDue): Promise<StoredSchedule> {
    return this.named(change, () =>
      this.database.transaction(async (tx) => {
        const before = await locked(tx, id);
        if (before === undefined) throw notFound('schedule', id);
        const { cron, timeZone, paused, name, overlap, spec } = { ...before, ...change };
        const sameTimes = cron === before.cron && timeZone === before.timeZone && paused === before.paused;
        const next = sameTimes ? before.nextDueAt : paused ? null : nextDue({ cron, timeZone }, now);
        const [row] = await tx.query<StoredSchedule>(
          `UPDATE schedules SET project_id = $2, name = $3, cron = $4, time_zone = $5, overlap = $6, paused = $7,
             spec = $8, next_due_at = $9 WHERE id = $1 RETURNING ${COLUMNS}`,
          [id, await projectOf(tx, spec), name, cron, timeZone, overlap, paused, jsonb(spec), next],
        );
        await announce(tx);
        return row;
      }),
    );
  }

  /** What it submitted stays. Throws NotFoundError. */
  async remove(id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      if ((await locked(tx, id)) === undefined) throw notFound('schedule', id);
      await tx.query('DELETE FROM schedules WHERE id = $1', [id]);
      await announce(tx);
    });
  }

  /** Ids of the schedules that are due, the longest due first. */
  async due(now: Date): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM schedules WHERE next_due_at <= $1 ORDER BY next_due_at, id LIMIT 100',
      [now],
    );
    return rows.map((row) => row.id);
  }

  /** When the next schedule is due, if one is. */
  async soonestDue(): Promise<Date | undefined> {
    const [{ soonest }] = await this.database.query<{ soonest: Date | null }>(
      'SELECT min(next_due_at) AS soonest FROM schedules WHERE next_due_at IS NOT NULL',
    );
    return soonest ?? undefined;
  }

  /** Fires a schedule if it is due: any number of processes may do so at once, one of them does it. */
  async fire(id: string, now: Date, nextDue: NextDue): Promise<Fired | undefined> {
    return this.database.transaction(async (tx) => {
      const schedule = await locked(tx, id);
      if (schedule === undefined || schedule.nextDueAt === null || schedule.nextDueAt > now) return undefined;
      return fireDueTime(tx, { ...schedule, nextDueAt: schedule.nextDueAt }, now, nextDue);
    });
  }

  /** Submits at once, paused or not, whatever else runs; returns the experiment's id. Throws InvalidReferenceError. */
  async runNow(id: string, now: Date): Promise<string> {
    return this.database.transaction(async (tx) => {
      const schedule = await locked(tx, id);
      if (schedule === undefined) throw notFound('schedule', id);
      const experimentId = await submitScheduled(tx, schedule);
      await tx.query(
        `INSERT INTO schedule_firings (schedule_id, due_at, fired_at, outcome, experiment_id, note)
         VALUES ($1, $2, $2, 'submitted', $3, 'asked for by hand') ON CONFLICT (schedule_id, due_at) DO NOTHING`,
        [id, now, experimentId],
      );
      await tx.query('UPDATE schedules SET last_fired_at = $2, last_experiment_id = $3 WHERE id = $1', [
        id,
        now,
        experimentId,
      ]);
      await recordEvent(tx, { type: 'schedules' });
      return experimentId;
    });
  }

  /** Newest first. Throws NotFoundError. */
  async firings(id: string, query: { limit: number; cursor?: string }): Promise<Page<ScheduleFiring>> {
    await this.get(id);
    const before = query.cursor === undefined ? null : decodeCursor(query.cursor, 1)[0];
    if (before !== null && Number.isNaN(Date.parse(before))) throw invalidCursor();
    const rows = await this.database.query<
      Omit<ScheduleFiring, 'dueAt' | 'firedAt'> & Record<'dueAt' | 'firedAt', Date>
    >(
      `SELECT due_at AS "dueAt", fired_at AS "firedAt", outcome, experiment_id AS "experimentId", note
       FROM schedule_firings WHERE schedule_id = $1 AND ($2::timestamptz IS NULL OR due_at < $2)
       ORDER BY due_at DESC LIMIT $3`,
      [id, before, query.limit + 1],
    );
    const items = rows.slice(0, query.limit).map((row) => ({
      ...row,
      dueAt: row.dueAt.toISOString(),
      firedAt: row.firedAt.toISOString(),
    }));
    const last = items.at(-1);
    return { items, next: rows.length > query.limit && last !== undefined ? encodeCursor([last.dueAt]) : null };
  }

  private async named<T>(draft: ScheduleChange, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) !== '23505') throw error;
      const name = draft.name === undefined ? 'of this name' : `named "${draft.name}"`;
      throw new ConflictError(`the project has a schedule ${name} already: choose another name`, { cause: error });
    }
  }
}

async function locked(tx: Transaction, id: string): Promise<StoredSchedule | undefined> {
  const [row] = isUuid(id)
    ? await tx.query<StoredSchedule>(`SELECT ${COLUMNS} FROM schedules WHERE id = $1 FOR UPDATE`, [id])
    : [];
  return row;
}

async function projectOf(tx: Transaction, spec: Spec): Promise<string> {
  try {
    return await projectId(tx, spec.project);
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    throw new InvalidReferenceError(`spec.${error.field}`, error.message);
  }
}

/** To those who watch, and to the api processes, which wait for the soonest due time. */
async function announce(tx: Transaction): Promise<void> {
  await recordEvent(tx, { type: 'schedules' });
  await tx.query('SELECT pg_notify($1, $2)', [CHANNELS.schedules, '']);
}
