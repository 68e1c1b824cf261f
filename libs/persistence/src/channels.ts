/** Channels of Postgres' NOTIFY. A notification is a hint that saves waiting: whoever misses it finds out by asking. */
export const CHANNELS = {
  /** Something is in the outbox. */
  outbox: 'distillery_outbox',
  /** Something is in the events table. */
  events: 'distillery_events',
  /** A run is to be cancelled; the payload is its id. */
  cancel: 'distillery_cancel',
  /** A schedule was changed. */
  schedules: 'distillery_schedules',
} as const;
export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
