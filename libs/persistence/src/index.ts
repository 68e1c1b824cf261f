export * from './attempt-store.js';
export { CHANNELS, type Channel } from './channels.js';
export * from './database-errors.js';
export { connectDatabase, createDataSource, Database, type DatabaseOptions } from './database.js';
export { ENTITIES } from './entities.js';
export { EventStore, isNotAfter, type EventPage } from './event-store.js';
export { ExperimentStore } from './experiment-store.js';
export { LogStore } from './log-store.js';
export { MetricStore } from './metric-store.js';
export { migrate } from './migrate.js';
export { ModelRegistry } from './model-registry.js';
export { NotificationListener, type ListenOptions } from './notification-listener.js';
export { Outbox, type OutboxMessage } from './outbox.js';
export { PostgresAttemptStore } from './postgres-attempt-store.js';
export { ProjectStore } from './project-store.js';
export { Reconciler, type ReconcilerOptions } from './reconciler.js';
export { RunArtifactStore, type RunArtifact } from './run-artifact-store.js';
export { RunControl, type Withdrawal } from './run-control.js';
export { RunStore } from './run-store.js';
export { type Fired } from './fire-schedule.js';
export { ScheduleStore } from './schedule-store.js';
export * from './stored-schedule.js';
export {
  OUTPUT_LEASE_MS,
  SharedOutputStore,
  type OutputLeaseHolder,
  type SharedOutput,
} from './shared-output-store.js';
export { StudyStore } from './study-store.js';
export { type Submission } from './submit-experiment.js';
export { WORKER_SILENCE_MS, WorkerStore, type WorkerRegistration } from './worker-store.js';
