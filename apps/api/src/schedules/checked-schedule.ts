import { parseSpec, ScheduleBodySchema, type Problem } from '#contracts';
import type { ScheduleChange, ScheduleDraft } from '#persistence';
import { z } from 'zod';
import { invalid } from '../http/problem.js';
import { cronProblem, timeZoneProblem } from './due-times.js';

const { name, cron, timeZone, overlap, paused, spec } = ScheduleBodySchema.shape;

/** Any of a schedule's fields; those that are left out stay as they are, so they have no defaults here. */
export const SchedulePatchSchema = z.strictObject({
  name: name.optional(),
  cron: cron.optional(),
  timeZone: timeZone.unwrap().optional(),
  overlap: overlap.unwrap().optional(),
  paused: paused.unwrap().optional(),
  spec: spec.optional(),
});

export function checkedSchedule(body: z.output<typeof ScheduleBodySchema>): ScheduleDraft {
  return checkedChange(body) as ScheduleDraft;
}

/** Checks what the schema cannot: the expression, the zone and the spec, all at once. */
export function checkedChange(body: z.output<typeof SchedulePatchSchema>): ScheduleChange {
  const errors: NonNullable<Problem['errors']> = [];
  const { spec: written, ...change } = body;
  const cronIssue = body.cron === undefined ? undefined : cronProblem(body.cron);
  if (cronIssue !== undefined) errors.push({ path: 'cron', message: cronIssue });
  const zoneIssue = body.timeZone === undefined ? undefined : timeZoneProblem(body.timeZone);
  if (zoneIssue !== undefined) errors.push({ path: 'timeZone', message: zoneIssue });
  const parsed = 'spec' in body ? parseSpec(written) : undefined;
  if (parsed?.ok === false) {
    errors.push(
      ...parsed.issues.map((issue) => ({ ...issue, path: issue.path === '' ? 'spec' : `spec.${issue.path}` })),
    );
  }
  if (errors.length > 0) throw invalid(errors);
  return parsed?.ok === true ? { ...change, spec: parsed.spec } : change;
}
