export * from './attempt-store.js';
export * from './database-errors.js';
export { connectDatabase, createDataSource, Database, type DatabaseOptions } from './database.js';
export { ENTITIES } from './entities.js';
export { migrate } from './migrate.js';
