import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { Logger } from '#config';
import {
  Database,
  EventStore,
  ExperimentStore,
  LogStore,
  MetricStore,
  ModelRegistry,
  Outbox,
  ProjectStore,
  Reconciler,
  RunArtifactStore,
  RunControl,
  RunStore,
  ScheduleStore,
  StudyStore,
  WorkerStore,
} from '#persistence';
import { Authentication } from '../auth/authentication.js';
import { EventHub } from '../events/event-hub.js';
import { PlatformMetrics } from '../metrics/platform-metrics.js';
import { Scheduler } from '../schedules/scheduler.js';
import { Housekeeping } from './housekeeping.js';
import { OutboxDispatcher } from './outbox-dispatcher.js';
import { ARTIFACTS, PUBLISHER } from './ports.js';
import type { Services } from './services.js';
import { Settings } from './settings.js';

/** Each is made of the database alone, and knows nothing of Nest. */
const STORES: Type<unknown>[] = [
  EventStore,
  ExperimentStore,
  LogStore,
  MetricStore,
  ModelRegistry,
  Outbox,
  ProjectStore,
  Reconciler,
  RunArtifactStore,
  RunControl,
  RunStore,
  ScheduleStore,
  StudyStore,
  WorkerStore,
];

/** What controllers and tasks are made of. */
@Module({})
export class PlatformModule {
  static of(settings: Settings, services: Services, logger: Logger): DynamicModule {
    const providers: Provider[] = [
      { provide: Settings, useValue: settings },
      { provide: Logger, useValue: logger },
      { provide: Database, useValue: services.database },
      { provide: PUBLISHER, useValue: services.publisher },
      { provide: ARTIFACTS, useValue: services.artifacts },
      ...STORES.map((store) => ({
        provide: store,
        useFactory: (database: Database) => new store(database),
        inject: [Database],
      })),
      Authentication,
      EventHub,
      Housekeeping,
      OutboxDispatcher,
      PlatformMetrics,
      Scheduler,
    ];
    return { module: PlatformModule, global: true, providers, exports: providers.map(tokenOf) };
  }
}

function tokenOf(provider: Provider) {
  return typeof provider === 'function' ? provider : provider.provide;
}
