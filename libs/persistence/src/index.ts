export * from './attempt-store.js';
export { CHANNELS, type Channel } from './channels.js';
export * from './database-errors.js';
export { connectDatabase, createDataSource, Database, type DatabaseOptions } from './database.js';
export { ENTITIES } from './entities.js';
export { migrate } from './migrate.js';
export { PostgresAttemptStore } from './postgres-attempt-store.js';
export { WORKER_SILENCE_MS, WorkerStore, type WorkerRegistration } from './worker-store.js';
