import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { Logger } from '#config';
import { Database, PostgresAttemptStore, RunStore, SharedOutputStore, WorkerStore } from '#persistence';
import { AttemptFactory } from './attempts/attempt-factory.js';
import { AttemptFolders } from './attempts/attempt-folders.js';
import { TeacherCache } from './inputs/teacher-cache.js';
import { ARTIFACTS } from './platform/ports.js';
import type { Services } from './platform/services.js';
import { Settings } from './platform/settings.js';
import { Registration } from './registration.js';
import { RunIntake } from './run-intake.js';

@Module({})
export class WorkerModule {
  static over(settings: Settings, { database, artifacts }: Services, logger: Logger): DynamicModule {
    const providers: Provider[] = [
      { provide: Settings, useValue: settings },
      { provide: Logger, useValue: logger },
      { provide: Database, useValue: database },
      { provide: ARTIFACTS, useValue: artifacts },
      ...[PostgresAttemptStore, RunStore, WorkerStore].map((store) => ({
        provide: store,
        useFactory: (found: Database) => new store(found),
        inject: [Database],
      })),
      {
        provide: SharedOutputStore,
        useFactory: (found: Database) => new SharedOutputStore(found),
        inject: [Database],
      },
      { provide: AttemptFolders, useFactory: () => new AttemptFolders(settings.config.cacheFolder) },
      {
        provide: TeacherCache,
        useFactory: (store: ArtifactStore) => new TeacherCache(settings.config.cacheFolder, store),
        inject: [ARTIFACTS],
      },
      AttemptFactory,
      Registration,
      RunIntake,
    ];
    return { module: WorkerModule, providers };
  }
}
