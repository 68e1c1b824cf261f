import { Module, type DynamicModule } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { SessionController } from './auth/session.controller.js';
import { DatasetsController } from './datasets/datasets.controller.js';
import { EventsController } from './events/events.controller.js';
import { ExperimentsController } from './experiments/experiments.controller.js';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { ModelsController } from './models/models.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { QueuesController } from './queues/queues.controller.js';
import { ArtifactsController } from './runs/artifacts.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { WorkersController } from './workers/workers.controller.js';

export const V1_PATH = '/api/v1';

/** Every controller, by the path that it is below: the API, and what machines ask without a token. */
export const ROUTES = {
  [V1_PATH]: [
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
  '': [HealthController, MetricsController],
};

@Module({ controllers: ROUTES[V1_PATH] })
class V1Module {}

@Module({ controllers: ROUTES[''] })
class RootModule {}

@Module({})
export class ApiModule {
  static over(platform: DynamicModule): DynamicModule {
    return {
      module: ApiModule,
      imports: [platform, RootModule, V1Module, RouterModule.register([{ path: V1_PATH, module: V1Module }])],
    };
  }
}
