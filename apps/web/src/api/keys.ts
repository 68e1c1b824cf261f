import type { RunFilter } from './endpoints.js';

/** The query cache's keys. What the event stream keeps up to date is found by them. */
export const keys = {
  session: ['session'],
  allRunLists: ['runs', 'list'],
  runList: (filter: RunFilter) => ['runs', 'list', filter],
  run: (id: string) => ['run', id],
  attempts: (id: string) => ['attempts', id],
  metrics: (id: string) => ['metrics', id],
  logs: (id: string) => ['logs', id],
  artifacts: (id: string) => ['artifacts', id],
  report: (id: string) => ['report', id],
  study: (experimentId: string) => ['study', experimentId],
  schedules: ['schedules'],
  workers: ['workers'],
  models: ['models'],
} as const;
