import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import {
  ExperimentSchema,
  listOf,
  pageOf,
  ScheduleBodySchema,
  ScheduleFiringSchema,
  ScheduleSchema,
  type Experiment,
  type Page,
  type Schedule,
  type ScheduleBody,
  type ScheduleFiring,
} from '#contracts';
import { ExperimentStore, ScheduleStore, type ScheduleChange, type StoredSchedule } from '#persistence';
import { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';
import { Settings } from '../platform/settings.js';
import { checkedChange, checkedSchedule, SchedulePatchSchema } from './checked-schedule.js';
import { nextDueTime, nextDueTimes } from './due-times.js';

const FiringsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(1000).optional(),
});
/** Due times that are shown of each schedule. */
const SHOWN_TIMES = 5;

@Controller('schedules')
export class SchedulesController {
  constructor(
    private readonly schedules: ScheduleStore,
    private readonly experiments: ExperimentStore,
    private readonly settings: Settings,
  ) {}

  @Endpoint({ method: 'GET', summary: 'Schedules by name, with their next times', response: listOf(ScheduleSchema) })
  async list(): Promise<{ items: Schedule[] }> {
    return { items: (await this.schedules.list()).map(viewOf) };
  }

  @Endpoint({
    method: 'POST',
    summary: 'Submit an experiment at the times of a cron expression',
    body: ScheduleBodySchema,
    status: 201,
    response: ScheduleSchema,
    problems: [409],
  })
  async create(
    @Body(new Checked(ScheduleBodySchema)) body: ScheduleBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Schedule> {
    const schedule = await this.schedules.create(checkedSchedule(body), this.now(), nextDueTime);
    response.location(`/api/v1/schedules/${schedule.id}`);
    return viewOf(schedule);
  }

  @Endpoint({ method: 'GET', path: ':id', summary: 'One schedule', response: ScheduleSchema, problems: [404] })
  async get(@Param('id') id: string): Promise<Schedule> {
    return viewOf(await this.schedules.get(id));
  }

  @Endpoint({
    method: 'PUT',
    path: ':id',
    summary: 'Replace a schedule; fields that are left out get their defaults',
    body: ScheduleBodySchema,
    response: ScheduleSchema,
    problems: [404, 409],
  })
  replace(@Param('id') id: string, @Body(new Checked(ScheduleBodySchema)) body: ScheduleBody): Promise<Schedule> {
    return this.update(id, checkedSchedule(body));
  }

  @Endpoint({
    method: 'PATCH',
    path: ':id',
    summary: 'Change some fields of a schedule',
    body: SchedulePatchSchema,
    response: ScheduleSchema,
    problems: [404, 409],
  })
  change(
    @Param('id') id: string,
    @Body(new Checked(SchedulePatchSchema)) body: z.output<typeof SchedulePatchSchema>,
  ): Promise<Schedule> {
    return this.update(id, checkedChange(body));
  }

  @Endpoint({
    method: 'DELETE',
    path: ':id',
    summary: 'Remove a schedule; what it submitted stays',
    problems: [404],
  })
  remove(@Param('id') id: string): Promise<void> {
    return this.schedules.remove(id);
  }

  @Endpoint({
    method: 'POST',
    path: ':id/run',
    summary: 'Submit the experiment of a schedule now, whatever the time',
    status: 201,
    response: ExperimentSchema,
    problems: [404],
  })
  async run(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<Experiment> {
    const experimentId = await this.schedules.runNow(id, this.now());
    response.location(`/api/v1/experiments/${experimentId}`);
    return this.experiments.get(experimentId);
  }

  @Endpoint({
    method: 'POST',
    path: ':id/pause',
    summary: 'Stop submitting',
    response: ScheduleSchema,
    problems: [404],
  })
  pause(@Param('id') id: string): Promise<Schedule> {
    return this.update(id, { paused: true });
  }

  @Endpoint({
    method: 'POST',
    path: ':id/resume',
    summary: 'Go on submitting, from the next due time',
    response: ScheduleSchema,
    problems: [404],
  })
  resume(@Param('id') id: string): Promise<Schedule> {
    return this.update(id, { paused: false });
  }

  @Endpoint({
    method: 'GET',
    path: ':id/firings',
    summary: 'What became of the due times of a schedule, newest first',
    query: FiringsQuerySchema,
    response: pageOf(ScheduleFiringSchema),
    problems: [404],
  })
  firings(
    @Param('id') id: string,
    @Query(new Checked(FiringsQuerySchema)) query: z.output<typeof FiringsQuerySchema>,
  ): Promise<Page<ScheduleFiring>> {
    return this.schedules.firings(id, query);
  }

  private async update(id: string, change: ScheduleChange): Promise<Schedule> {
    return viewOf(await this.schedules.update(id, change, this.now(), nextDueTime));
  }

  private now(): Date {
    return this.settings.clock.now();
  }
}

function viewOf(schedule: StoredSchedule): Schedule {
  const { nextDueAt, lastFiredAt, createdAt, ...rest } = schedule;
  const following = nextDueAt === null ? [] : [nextDueAt, ...nextDueTimes(schedule, nextDueAt, SHOWN_TIMES - 1)];
  return {
    ...rest,
    nextTimes: following.map((time) => time.toISOString()),
    lastFiredAt: lastFiredAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}
