import type { MigrationInterface } from 'typeorm';
import { InitialSchema1795496730196 } from './202611240505-initial-schema.js';
import { FirstRows1795496790196 } from './202611240506-first-rows.js';
import { OutputLeases1795812000000 } from './202611272040-output-leases.js';
import { RunTeachers1795812600000 } from './202611272050-run-teachers.js';
import { ImageAsWritten1795851900000 } from './202611280745-image-as-written.js';

/** Every migration, oldest first. A class's name ends in the time it was written, which is TypeORM's order. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  InitialSchema1795496730196,
  FirstRows1795496790196,
  OutputLeases1795812000000,
  RunTeachers1795812600000,
  ImageAsWritten1795851900000,
];
