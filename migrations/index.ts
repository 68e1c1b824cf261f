import type { MigrationInterface } from 'typeorm';
import { InitialSchema1795496195889 } from './202611240456-initial-schema.js';
import { FirstRows1795496466000 } from './202611240501-first-rows.js';

/** Every migration, oldest first. A class's name ends in the time it was written, which is TypeORM's order. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [InitialSchema1795496195889, FirstRows1795496466000];
