import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig, Logger } from '#config';
import { parseSpec, type Schedule, type ScheduleFiring, type Spec } from '#contracts';
import { ExperimentStore, RunStore, ScheduleStore, type StoredSchedule } from '#persistence';
import type { RunPublisher } from '#queue';
import { beginRun, completeRun, openTestDatabase, type OpenDatabase } from '../../../../test/database.js';
import { HandClock } from '../../../../test/hand-clock.js';
import { distillation, logistic } from '../../../../test/specs.js';
import { Settings } from '../platform/settings.js';
import { nextDueTime } from './due-times.js';
import { Scheduler } from './scheduler.js';

let open: OpenDatabase;
let store: ScheduleStore;
let experiments: ExperimentStore;
let running: Scheduler[] = [];
let names = 0;

beforeAll(async () => {
  open = await openTestDatabase();
  store = new ScheduleStore(open.database);
  experiments = new ExperimentStore(open.database);
});
afterEach(async () => {
  await Promise.all(running.map((scheduler) => scheduler.stop()));
  running = [];
  await open.database.query('DELETE FROM schedules');
});
afterAll(() => open.close());

/** Two api processes' schedulers over one database, each with its own connection use and the same clock. */
async function twoSchedulers(clock: HandClock): Promise<string[]> {
  const withdrawn: string[] = [];
  const publisher = { withdraw: async ({ runId }: { runId: string }) => void withdrawn.push(runId) };
  const config = loadConfig({ DATABASE_URL: open.url, ARTIFACTS_URL: 'file:///nowhere' });
  const silent = new Logger({ service: 'test', level: 'error', stream: process.stderr });
  for (let index = 0; index < 2; index++) {
    const settings = new Settings(config, clock);
    const scheduler = new Scheduler(
      new ScheduleStore(open.database),
      publisher as never as RunPublisher,
      settings,
      silent,
    );
    running.push(scheduler);
    scheduler.wake();
  }
  return withdrawn;
}

async function addSchedule(
  clock: HandClock,
  timetable: { cron: string; timeZone: string },
  more: { overlap?: Schedule['overlap']; spec?: unknown; paused?: boolean } = {},
): Promise<StoredSchedule> {
  const parsed = parseSpec(more.spec ?? logistic);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const draft = { name: `nightly ${++names}`, overlap: more.overlap ?? 'allow', paused: more.paused ?? false } as const;
  return store.create({ ...timetable, ...draft, spec: parsed.spec }, clock.now(), nextDueTime);
}

/** Both schedulers wait for the schedule's next time. */
async function bothWait(clock: HandClock): Promise<void> {
  await vi.waitFor(
    async () => {
      const soonest = await store.soonestDue();
      expect(soonest!.getTime()).toBeGreaterThan(clock.now().getTime());
      expect(clock.awaited).toEqual(Array(2).fill(soonest?.toISOString()));
    },
    { timeout: 5000, interval: 10 },
  );
}

async function firings(id: string, count: number): Promise<ScheduleFiring[]> {
  return vi.waitFor(
    async () => {
      const { items } = await store.firings(id, { limit: 100 });
      expect(items.length).toBeGreaterThanOrEqual(count);
      return items.reverse();
    },
    { timeout: 5000, interval: 10 },
  );
}

async function submittedBy(id: string): Promise<number> {
  const rows = await open.database.query('SELECT id FROM experiments WHERE schedule_id = $1', [id]);
  return rows.length;
}

/** Moves the clock from due time to due time, and returns those that were fired. */
async function fireInTurn(clock: HandClock, schedule: StoredSchedule, times: number): Promise<string[]> {
  for (let fired = 1; fired <= times; fired++) {
    await bothWait(clock);
    clock.set((await store.soonestDue())!.toISOString());
    await firings(schedule.id, fired);
  }
  await bothWait(clock);
  const all = await firings(schedule.id, times);
  expect(all.map(({ outcome }) => outcome)).toEqual(Array(times).fill('submitted'));
  // Fired at the minute, by the clock that the schedulers have.
  expect(all.map(({ firedAt }) => firedAt)).toEqual(all.map(({ dueAt }) => dueAt));
  expect(await submittedBy(schedule.id)).toBe(times);
  return all.map(({ dueAt }) => dueAt.slice(0, 16));
}

describe('two schedulers over one database', () => {
  it('submit each due time once', async () => {
    const clock = new HandClock(new Date('2027-01-10T12:00:00Z'));
    const schedule = await addSchedule(clock, { cron: '0 * * * *', timeZone: 'UTC' });
    await twoSchedulers(clock);
    expect(await fireInTurn(clock, schedule, 8)).toEqual(
      [13, 14, 15, 16, 17, 18, 19, 20].map((hour) => `2027-01-10T${hour}:00`),
    );
  });

  it('submit many schedules that are due at the same time, each once', async () => {
    const clock = new HandClock(new Date('2027-01-10T12:00:00Z'));
    const schedules = [];
    for (let index = 0; index < 12; index++) {
      schedules.push(await addSchedule(clock, { cron: '30 12 * * *', timeZone: 'UTC' }));
    }
    await twoSchedulers(clock);
    await bothWait(clock);
    clock.set('2027-01-10T12:30:00Z');
    await bothWait(clock);
    for (const { id } of schedules) expect(await submittedBy(id)).toBe(1);
  });

  // 28 March 2027, 02:00 to 03:00 does not exist in Berlin; 14 March 2027 in New York.
  it.each([
    ['Europe/Berlin', '2027-03-26T12:00:00Z', ['2027-03-27T01:30', '2027-03-28T01:30', '2027-03-29T00:30']],
    ['America/New_York', '2027-03-12T12:00:00Z', ['2027-03-13T07:30', '2027-03-14T07:30', '2027-03-15T06:30']],
  ])('submit a nightly experiment once in the night in which clocks go forward in %s', async (timeZone, from, due) => {
    const clock = new HandClock(new Date(from));
    const schedule = await addSchedule(clock, { cron: '30 2 * * *', timeZone });
    await twoSchedulers(clock);
    expect(await fireInTurn(clock, schedule, 3)).toEqual(due);
  });

  // 31 October 2027, 02:00 to 03:00 comes twice in Berlin; 7 November 2027, 01:00 to 02:00 in New York.
  it.each([
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2027-10-29T12:00:00Z',
      ['2027-10-30T00:30', '2027-10-31T00:30', '2027-11-01T01:30'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      '2027-11-05T12:00:00Z',
      ['2027-11-06T05:30', '2027-11-07T05:30', '2027-11-08T06:30'],
    ],
  ])(
    'submit a nightly experiment once in the night in which clocks go back in %s',
    async (timeZone, cron, from, due) => {
      const clock = new HandClock(new Date(from));
      const schedule = await addSchedule(clock, { cron, timeZone });
      await twoSchedulers(clock);
      expect(await fireInTurn(clock, schedule, 3)).toEqual(due);
    },
  );

  it('submit once, with a note, what came due several times while both were down', async () => {
    const clock = new HandClock(new Date('2027-01-10T00:00:00Z'));
    const schedule = await addSchedule(clock, { cron: '0 * * * *', timeZone: 'UTC' });
    clock.set('2027-01-10T05:20:00Z');
    await twoSchedulers(clock);
    await bothWait(clock);
    const [only, ...others] = await firings(schedule.id, 1);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      dueAt: '2027-01-10T01:00:00.000Z',
      firedAt: '2027-01-10T05:20:00.000Z',
      outcome: 'submitted',
      note: '4 hours late, and 4 later times were left out: no api process was there',
    });
    expect(await submittedBy(schedule.id)).toBe(1);
    expect((await store.get(schedule.id)).nextDueAt?.toISOString()).toBe('2027-01-10T06:00:00.000Z');
  });

  it('hear of a schedule that is added, resumed or moved while they wait', async () => {
    const clock = new HandClock(new Date('2027-01-10T00:00:00Z'));
    await twoSchedulers(clock);
    const schedule = await addSchedule(clock, { cron: '0 6 * * *', timeZone: 'UTC' }, { paused: true });
    await store.update(schedule.id, { paused: false }, clock.now(), nextDueTime);
    running.forEach((scheduler) => scheduler.wake());
    await bothWait(clock);
    await store.update(schedule.id, { cron: '0 3 * * *' }, clock.now(), nextDueTime);
    running.forEach((scheduler) => scheduler.wake());
    await bothWait(clock);
    expect(clock.awaited).toEqual(Array(2).fill('2027-01-10T03:00:00.000Z'));
  });

  it('leave a paused schedule alone, and go on from the next due time when it is resumed', async () => {
    const clock = new HandClock(new Date('2027-01-10T00:00:00Z'));
    const schedule = await addSchedule(clock, { cron: '0 * * * *', timeZone: 'UTC' });
    await store.update(schedule.id, { paused: true }, clock.now(), nextDueTime);
    await twoSchedulers(clock);
    clock.set('2027-01-10T04:30:00Z');
    await store.update(schedule.id, { paused: false }, clock.now(), nextDueTime);
    running.forEach((scheduler) => scheduler.wake());
    await bothWait(clock);
    clock.set('2027-01-10T05:00:00Z');
    expect(await firings(schedule.id, 1)).toMatchObject([{ dueAt: '2027-01-10T05:00:00.000Z', note: null }]);
  });
});

describe('while runs of the last time have not ended', () => {
  const hourly = { cron: '0 * * * *', timeZone: 'UTC' };

  async function firstFired(overlap: Schedule['overlap'], spec: unknown = logistic) {
    const clock = new HandClock(new Date('2027-01-10T12:00:00Z'));
    const schedule = await addSchedule(clock, hourly, { overlap, spec });
    const withdrawn = await twoSchedulers(clock);
    await bothWait(clock);
    clock.set('2027-01-10T13:00:00Z');
    const [first] = await firings(schedule.id, 1);
    await bothWait(clock);
    const { runs } = await experiments.get(first.experimentId!);
    return { clock, schedule, withdrawn, runs: runs.map(({ id }) => id) };
  }
  const stateOf = async (id: string) => (await new RunStore(open.database).get(id)).state;

  it('"skip" submits nothing, until they have ended', async () => {
    const { clock, schedule, runs } = await firstFired('skip');
    clock.set('2027-01-10T14:00:00Z');
    const [, second] = await firings(schedule.id, 2);
    expect(second).toMatchObject({
      outcome: 'skipped',
      experimentId: null,
      note: '1 run of the last time had not ended',
    });
    expect(await stateOf(runs[0])).toBe('queued');
    await completeRun(open.database, runs[0]);
    await bothWait(clock);
    clock.set('2027-01-10T15:00:00Z');
    expect((await firings(schedule.id, 3))[2]).toMatchObject({ outcome: 'submitted', note: null });
  });

  it('"allow" submits beside them', async () => {
    const { clock, schedule, runs } = await firstFired('allow');
    clock.set('2027-01-10T14:00:00Z');
    expect((await firings(schedule.id, 2))[1]).toMatchObject({ outcome: 'submitted', note: null });
    expect(await stateOf(runs[0])).toBe('queued');
  });

  it('"cancel-previous" cancels them and submits', async () => {
    const { clock, schedule, runs, withdrawn } = await firstFired('cancel-previous', { ...logistic, seeds: [0, 1] });
    await beginRun(open.database, runs[0]);
    clock.set('2027-01-10T14:00:00Z');
    expect((await firings(schedule.id, 2))[1]).toMatchObject({
      outcome: 'submitted',
      note: '2 runs of the last time cancelled',
    });
    // Its worker is asked to stop; the other one never began.
    expect(await new RunStore(open.database).get(runs[0])).toMatchObject({ state: 'running', cancelRequested: true });
    expect(await stateOf(runs[1])).toBe('cancelled');
    await vi.waitFor(() => expect(withdrawn).toEqual([runs[1]]));
  });
});

it('a spec that cannot be submitted any more is a failed firing that says why, and the schedule goes on', async () => {
  const clock = new HandClock(new Date('2027-01-10T12:00:00Z'));
  const schedule = await addSchedule(
    clock,
    { cron: '0 * * * *', timeZone: 'UTC' },
    { spec: distillation('latest:nobody-trained-this') },
  );
  await twoSchedulers(clock);
  await bothWait(clock);
  clock.set('2027-01-10T13:00:00Z');
  const [first] = await firings(schedule.id, 1);
  expect(first).toMatchObject({ outcome: 'failed', experimentId: null });
  expect(first.note).toMatch(/^spec\.teacher\.run: .*no experiment named "nobody-trained-this"/);
  expect(await store.get(schedule.id)).toMatchObject({ paused: false, nextDueAt: new Date('2027-01-10T14:00:00Z') });

  // Stored by an earlier version whose specs had another field.
  await open.database.query(`UPDATE schedules SET spec = (spec::jsonb || '{"studnet": 1}')::json WHERE id = $1`, [
    schedule.id,
  ]);
  await bothWait(clock);
  clock.set('2027-01-10T14:00:00Z');
  expect((await firings(schedule.id, 2))[1]).toMatchObject({
    outcome: 'failed',
    note: 'spec.studnet: unknown key; did you mean "student"?',
  });

  await store.update(schedule.id, { spec: parsedSpec(logistic) }, clock.now(), nextDueTime);
  await bothWait(clock);
  clock.set('2027-01-10T15:00:00Z');
  expect((await firings(schedule.id, 3))[2]).toMatchObject({ outcome: 'submitted' });
});

function parsedSpec(written: unknown): Spec {
  const parsed = parseSpec(written);
  if (!parsed.ok) throw new Error('not a spec');
  return parsed.spec;
}
