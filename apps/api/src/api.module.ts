import { Module, type DynamicModule } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { SessionController } from './auth/session.controller.js';
import { DatasetsController } from './datasets/datasets.controller.js';
import { EventsController } from './events/events.controller.js';
import { ExperimentsController } from './experiments/experiments.controller.js';
import { HealthController } from './health/health.controller.js';
import { ModelsController } from './models/models.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { QueuesController } from './queues/queues.controller.js';
import { ArtifactsController } from './runs/artifacts.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { WorkersController } from './workers/workers.controller.js';

export const V1_PATH = '/api/v1';

/** Everything below /api/v1. */
@Module({
  controllers: [
    ArtifactsController,
    DatasetsController,
    EventsController,
    ExperimentsController,
    ModelsController,
    ProjectsController,
    QueuesController,
    RunsController,
    SchedulesController,
    SessionController,
    WorkersController,
  ],
})
class V1Module {}

/** What machines ask, at the root and without a token. */
@Module({ controllers: [HealthController] })
class HealthModule {}

@Module({})
export class ApiModule {
  static over(platform: DynamicModule): DynamicModule {
    return {
      module: ApiModule,
      imports: [platform, HealthModule, V1Module, RouterModule.register([{ path: V1_PATH, module: V1Module }])],
    };
  }
}
