import type { Schedule, Spec } from '#contracts';

/** What a person says of a schedule. */
export interface ScheduleDraft {
  name: string;
  cron: string;
  timeZone: string;
  overlap: Schedule['overlap'];
  paused: boolean;
  spec: Spec;
}
export type ScheduleChange = Partial<ScheduleDraft>;

export interface StoredSchedule extends ScheduleDraft {
  id: string;
  /** `null` while paused, or where there are no more times. */
  nextDueAt: Date | null;
  lastFiredAt: Date | null;
  lastExperimentId: string | null;
  createdAt: Date;
}

/** The first due time after an instant, `null` where there is none: how to read an expression is the caller's business. */
export type NextDue = (timetable: { cron: string; timeZone: string }, after: Date) => Date | null;
