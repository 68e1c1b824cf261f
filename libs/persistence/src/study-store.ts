import { summariseStudy, type Study, type StudyRun } from '#contracts';
import type { Database } from './database.js';
import { ExperimentStore } from './experiment-store.js';

/** Of a report what a study reads: a few kilobytes of it. */
const REPORT = `CASE WHEN report.report IS NULL THEN NULL ELSE jsonb_strip_nulls(jsonb_build_object(
    'test', (report.report -> 'test') - 'perClass' - 'confusionMatrix',
    'testAnswers', report.report -> 'testAnswers',
    'validation', report.report -> 'validation',
    'calibration', report.report -> 'calibration',
    'corruptions', (report.report -> 'corruptions') - 'found',
    'agreement', (report.report -> 'agreement') - 'perClass' - 'lost',
    'cost', (report.report -> 'cost') - 'latency')) END`;

/** Sums up what the runs of an experiment have found. */
export class StudyStore {
  private readonly experiments: ExperimentStore;

  constructor(private readonly database: Database) {
    this.experiments = new ExperimentStore(database);
  }

  /** Throws NotFoundError where there is no such experiment. */
  async get(experimentId: string): Promise<Study> {
    const experiment = await this.experiments.get(experimentId);
    const runs = await this.database.query<StudyRun>(
      `SELECT run.id, run.seed, run.point, run.state, ${REPORT} AS report
       FROM runs run LEFT JOIN run_reports report ON report.run_id = run.id
       WHERE run.experiment_id = $1 ORDER BY run.position`,
      [experiment.id],
    );
    return summariseStudy(experiment, runs);
  }
}
