import { ArtifactEntity } from './entities/artifact.js';
import { AttemptEntity } from './entities/attempt.js';
import { EventHorizonEntity } from './entities/event-horizon.js';
import { EventEntity } from './entities/event.js';
import { ExperimentEntity } from './entities/experiment.js';
import { LogLineEntity } from './entities/log-line.js';
import { MetricPointEntity } from './entities/metric-point.js';
import { ModelAliasEntity } from './entities/model-alias.js';
import { ModelVersionEntity } from './entities/model-version.js';
import { ModelEntity } from './entities/model.js';
import { OutboxMessageEntity } from './entities/outbox-message.js';
import { OutputLeaseEntity } from './entities/output-lease.js';
import { ProjectEntity } from './entities/project.js';
import { RunArtifactEntity } from './entities/run-artifact.js';
import { RunReportEntity } from './entities/run-report.js';
import { RunTeacherEntity } from './entities/run-teacher.js';
import { RunEntity } from './entities/run.js';
import { ScheduleFiringEntity } from './entities/schedule-firing.js';
import { ScheduleEntity } from './entities/schedule.js';
import { TeamEntity } from './entities/team.js';
import { WorkerEntity } from './entities/worker.js';

/** Every table; the migrations must produce exactly these. */
export const ENTITIES = [
  ArtifactEntity,
  AttemptEntity,
  EventEntity,
  EventHorizonEntity,
  ExperimentEntity,
  LogLineEntity,
  MetricPointEntity,
  ModelAliasEntity,
  ModelEntity,
  ModelVersionEntity,
  OutboxMessageEntity,
  OutputLeaseEntity,
  ProjectEntity,
  RunArtifactEntity,
  RunEntity,
  RunTeacherEntity,
  RunReportEntity,
  ScheduleEntity,
  ScheduleFiringEntity,
  TeamEntity,
  WorkerEntity,
];
