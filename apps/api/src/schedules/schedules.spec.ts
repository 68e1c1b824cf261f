import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ExperimentSchema,
  ScheduleSchema,
  type Experiment,
  type Page,
  type Schedule,
  type ScheduleFiring,
} from '#contracts';
import { fieldsOf, startTestApi, type TestApi } from '../../../../test/api.js';
import { openTestDatabase } from '../../../../test/database.js';
import { distillation, logistic } from '../../../../test/specs.js';
import { systemClock, type Clock } from '../platform/clock.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const nightly = { name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin', spec: logistic };

async function created(body: Record<string, unknown> = {}): Promise<Schedule> {
  const answer = await api.send<Schedule>('POST', 'schedules', { ...nightly, ...body });
  expect(answer.status).toBe(201);
  return answer.body;
}

describe('a schedule', () => {
  it('is made, found and listed in the form of the contract', async () => {
    const answer = await api.send<Schedule>('POST', 'schedules', nightly);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/schedules/${answer.body.id}`);
    const schedule = ScheduleSchema.strict().parse(answer.body);
    expect(schedule).toMatchObject({ ...nightly, spec: { training: { epochs: 10 } }, overlap: 'skip', paused: false });
    expect(schedule.nextTimes).toHaveLength(5);
    expect(schedule.nextTimes.every((time) => Date.parse(time) > Date.now())).toBe(true);
    expect((await api.get(`schedules/${schedule.id}`)).body).toEqual(schedule);
    expect((await api.get<{ items: Schedule[] }>('schedules')).body.items).toContainEqual(schedule);
  });

  it('of a name that the project has is refused', async () => {
    await created({ name: 'twice' });
    expect(await api.send('POST', 'schedules', { ...nightly, name: 'twice' })).toMatchObject({
      status: 409,
      body: { detail: 'the project has a schedule named "twice" already: choose another name' },
    });
  });

  it('is told everything that is wrong with it at once, and what to write instead', async () => {
    const answer = await api.send('POST', 'schedules', {
      name: '  ',
      cron: '61 2 * * *',
      timeZone: 'Europe/Berln',
      overlap: 'skipp',
      spec: { ...logistic, teacher: { model: 'resnet' }, loss: { kin: 'bce' } },
    });
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toMatchObject({
      name: 'must not be empty: say what the schedule is for',
      overlap: expect.stringContaining('did you mean "skip"?'),
    });
    const second = await api.send('POST', 'schedules', {
      name: 'bad',
      cron: '61 2 * * *',
      timeZone: 'Europe/Berln',
      spec: { ...logistic, loss: { kin: 'bce' }, project: 'defualt' },
    });
    expect(second.status).toBe(422);
    expect(fieldsOf(second)).toMatchObject({
      cron: expect.stringMatching(/0-59.*write five fields/),
      timeZone: expect.stringMatching(/did you mean "Europe\/Berlin"/),
      'spec.loss.kin': expect.stringMatching(/did you mean "kind"/),
    });
    const third = await api.send('POST', 'schedules', {
      ...nightly,
      name: 'b',
      spec: { ...logistic, project: 'defualt' },
    });
    expect(third.status).toBe(422);
    expect(fieldsOf(third)).toEqual({ 'spec.project': expect.stringMatching(/did you mean "default"/) });
  });

  it('keeps what a change does not name', async () => {
    const before = await created({ name: 'changed', overlap: 'allow' });
    const answer = await api.send<Schedule>('PATCH', `schedules/${before.id}`, { cron: '@hourly' });
    expect(answer.status).toBe(200);
    const { nextTimes, ...after } = answer.body;
    const { nextTimes: _, ...rest } = before;
    expect(after).toEqual({ ...rest, cron: '@hourly' });
    expect(Date.parse(nextTimes[1]) - Date.parse(nextTimes[0])).toBe(60 * 60 * 1000);
    expect(await api.send('PATCH', `schedules/${before.id}`, { corn: '@daily' })).toMatchObject({ status: 422 });
    expect(await api.send('PATCH', `schedules/${before.id}`, { cron: 'soon' })).toMatchObject({ status: 422 });
  });

  it('is replaced whole, with defaults for what is left out', async () => {
    const { id } = await created({ name: 'replaced', overlap: 'allow' });
    const answer = await api.send('PUT', `schedules/${id}`, { name: 'replaced', cron: '@daily', spec: logistic });
    expect(answer).toMatchObject({ status: 200, body: { id, cron: '@daily', timeZone: 'UTC', overlap: 'skip' } });
  });

  it('has no next times while paused', async () => {
    const { id } = await created({ name: 'paused', paused: true });
    expect(await api.get(`schedules/${id}`)).toMatchObject({ body: { paused: true, nextTimes: [] } });
    const resumed = await api.send<Schedule>('POST', `schedules/${id}/resume`);
    expect(resumed).toMatchObject({ status: 200, body: { paused: false } });
    expect(resumed.body.nextTimes).toHaveLength(5);
    expect(await api.send('POST', `schedules/${id}/pause`)).toMatchObject({ body: { paused: true, nextTimes: [] } });
  });

  it('submits now when asked to, even while paused, and says so among its firings', async () => {
    const { id } = await created({ name: 'by hand', paused: true });
    const answer = await api.send<Experiment>('POST', `schedules/${id}/run`);
    expect(answer.status).toBe(201);
    const experiment = ExperimentSchema.parse(answer.body);
    expect(experiment).toMatchObject({ scheduleId: id, runs: [{ state: 'queued' }] });
    expect(await api.get(`schedules/${id}/firings`)).toMatchObject({
      body: { items: [{ outcome: 'submitted', experimentId: experiment.id, note: 'asked for by hand' }], next: null },
    });
    expect(await api.get(`schedules/${id}`)).toMatchObject({ body: { lastExperimentId: experiment.id } });
  });

  it('whose experiment cannot be submitted says why, below "spec"', async () => {
    const { id } = await created({ name: 'orphan', spec: distillation('latest:nobody-trained-this') });
    const answer = await api.send('POST', `schedules/${id}/run`);
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toEqual({ 'spec.teacher.run': expect.stringMatching(/submit it first/) });
  });

  it('is removed, and what it submitted stays', async () => {
    const { id } = await created({ name: 'removed' });
    const { body: experiment } = await api.send<Experiment>('POST', `schedules/${id}/run`);
    expect((await api.send('DELETE', `schedules/${id}`)).status).toBe(204);
    expect((await api.get(`schedules/${id}`)).status).toBe(404);
    expect(await api.get(`experiments/${experiment.id}`)).toMatchObject({ status: 200, body: { scheduleId: null } });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('that is not there answers %s with 404', async (method) => {
    const body = method === 'PUT' ? nightly : method === 'PATCH' ? {} : undefined;
    for (const id of ['01930000-0000-7000-8000-000000000000', 'nightly']) {
      expect(await api.send(method, `schedules/${id}`, body)).toMatchObject({ status: 404 });
    }
  });

  it('pages through its firings, newest first', async () => {
    const { id } = await created({ name: 'paged' });
    for (let minute = 0; minute < 5; minute++) {
      await api.database.database.query(
        `INSERT INTO schedule_firings (schedule_id, due_at, fired_at, outcome) VALUES ($1, $2, $2, 'skipped')`,
        [id, `2027-01-10T00:0${minute}:00Z`],
      );
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { body: Page<ScheduleFiring> } = await api.get(
        `schedules/${id}/firings?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.body.items.map(({ dueAt }) => dueAt.slice(14, 16)));
      cursor = page.body.next;
    }
    expect(seen).toEqual(['04', '03', '02', '01', '00']);
    expect(await api.get(`schedules/${id}/firings?cursor=xyz`)).toMatchObject({ status: 422 });
  });
});

it('a due time is submitted within a second, once, by two api processes, in the night in which clocks go forward', async () => {
  // Real time, moved to shortly before 02:30, which Berlin does not have on 28 March 2027, once both serve.
  const dueAt = Date.parse('2027-03-28T01:30:00Z');
  let shift = 0;
  const clock: Clock = {
    now: () => new Date(Date.now() + shift),
    at: (time, callback) => systemClock.at(new Date(time.getTime() - shift), callback),
  };
  const database = await openTestDatabase();
  const apis = await Promise.all([startTestApi({ clock, database }), startTestApi({ clock, database })]);
  try {
    shift = dueAt - 2000 - Date.now();
    // The second api hears of it from the database alone.
    const { id } = (await apis[0].send<Schedule>('POST', 'schedules', nightly)).body;
    const firing = await vi.waitFor(
      async () => {
        const { body } = await apis[1].get<Page<ScheduleFiring>>(`schedules/${id}/firings`);
        expect(body.items).toHaveLength(1);
        return body.items[0];
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(firing).toMatchObject({ dueAt: new Date(dueAt).toISOString(), outcome: 'submitted', note: null });
    const lateMs = Date.parse(firing.firedAt) - dueAt;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1000);
    // Whatever the other one was about to do, it has done it by its next look.
    const { body } = await apis[0].get<{ items: Schedule[] }>('schedules');
    expect(body.items[0].nextTimes[0]).toBe('2027-03-29T00:30:00.000Z');
    await Promise.all(apis.map((each) => each.close()));
    const experiments = await database.database.query('SELECT id FROM experiments');
    expect(experiments).toHaveLength(1);
  } finally {
    await database.close();
  }
});
