import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitialSchema1795496730196 implements MigrationInterface {
  name = 'InitialSchema1795496730196';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "artifacts" ("sha256" text NOT NULL, "size" bigint NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "artifacts_pkey" PRIMARY KEY ("sha256"))`,
    );
    await runner.query(
      `CREATE TABLE "teams" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "name" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "teams_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE UNIQUE INDEX "teams_name_idx" ON "teams"  ("name") `);
    await runner.query(
      `CREATE TABLE "projects" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "team_id" uuid NOT NULL, "name" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "projects_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "projects_team_id_idx" ON "projects"  ("team_id") `);
    await runner.query(`CREATE UNIQUE INDEX "projects_name_idx" ON "projects"  ("name") `);
    await runner.query(
      `CREATE TABLE "schedules" ("id" uuid NOT NULL, "project_id" uuid NOT NULL, "name" text NOT NULL, "cron" text NOT NULL, "time_zone" text NOT NULL, "overlap" text NOT NULL, "paused" boolean NOT NULL, "spec" json NOT NULL, "next_due_at" TIMESTAMP(3) WITH TIME ZONE, "last_fired_at" TIMESTAMP(3) WITH TIME ZONE, "last_experiment_id" uuid, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "schedules_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "schedules_next_due_at_idx" ON "schedules"  ("next_due_at") WHERE next_due_at IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX "schedules_created_at_id_idx" ON "schedules"  ("created_at", "id") `);
    await runner.query(`CREATE UNIQUE INDEX "schedules_project_id_name_idx" ON "schedules"  ("project_id", "name") `);
    await runner.query(
      `CREATE TABLE "experiments" ("id" uuid NOT NULL, "project_id" uuid NOT NULL, "name" text NOT NULL, "pipeline" text NOT NULL, "spec" json NOT NULL, "idempotency_key" text, "idempotency_fingerprint" text, "schedule_id" uuid, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "experiments_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "experiments_schedule_id_idx" ON "experiments"  ("schedule_id") WHERE schedule_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "experiments_project_id_idempotency_key_idx" ON "experiments"  ("project_id", "idempotency_key") WHERE idempotency_key IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX "experiments_project_id_name_created_at_idx" ON "experiments"  ("project_id", "name", "created_at") `,
    );
    await runner.query(
      `CREATE INDEX "experiments_project_id_created_at_id_idx" ON "experiments"  ("project_id", "created_at", "id") `,
    );
    await runner.query(`CREATE INDEX "experiments_created_at_id_idx" ON "experiments"  ("created_at", "id") `);
    await runner.query(
      `CREATE TABLE "runs" ("id" uuid NOT NULL, "experiment_id" uuid NOT NULL, "project_id" uuid NOT NULL, "experiment_name" text NOT NULL, "pipeline" text NOT NULL, "dataset" text NOT NULL, "model" text NOT NULL, "position" integer NOT NULL, "seed" integer NOT NULL, "point" json NOT NULL, "spec" json NOT NULL, "state" text NOT NULL, "attempt" integer NOT NULL DEFAULT '0', "failures" integer NOT NULL DEFAULT '0', "losses" integer NOT NULL DEFAULT '0', "teacher_run_id" uuid, "progress" jsonb, "metrics" jsonb NOT NULL DEFAULT '{}', "best_metric_key" text, "best_metric_value" double precision NOT NULL DEFAULT '-Infinity', "failure" jsonb, "cancel_requested" boolean NOT NULL DEFAULT false, "due_at" TIMESTAMP(3) WITH TIME ZONE, "published_at" TIMESTAMP(3) WITH TIME ZONE, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP(3) WITH TIME ZONE, "finished_at" TIMESTAMP(3) WITH TIME ZONE, "worker_name" text, CONSTRAINT "runs_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(
      `CREATE INDEX "runs_teacher_run_id_idx" ON "runs"  ("teacher_run_id") WHERE teacher_run_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX "runs_due_at_idx" ON "runs"  ("due_at") WHERE state = 'queued'`);
    await runner.query(
      `CREATE INDEX "runs_project_id_experiment_name_created_at_idx" ON "runs"  ("project_id", "experiment_name", "created_at") `,
    );
    await runner.query(
      `CREATE UNIQUE INDEX "runs_experiment_id_position_idx" ON "runs"  ("experiment_id", "position") `,
    );
    await runner.query(`CREATE INDEX "runs_best_metric_value_id_idx" ON "runs"  ("best_metric_value", "id") `);
    await runner.query(`CREATE INDEX "runs_experiment_name_id_idx" ON "runs"  ("experiment_name", "id") `);
    await runner.query(`CREATE INDEX "runs_state_id_idx" ON "runs"  ("state", "id") `);
    await runner.query(`CREATE INDEX "runs_state_created_at_id_idx" ON "runs"  ("state", "created_at", "id") `);
    await runner.query(
      `CREATE INDEX "runs_project_id_created_at_id_idx" ON "runs"  ("project_id", "created_at", "id") `,
    );
    await runner.query(`CREATE INDEX "runs_created_at_id_idx" ON "runs"  ("created_at", "id") `);
    await runner.query(
      `CREATE TABLE "workers" ("id" uuid NOT NULL, "name" text NOT NULL, "slots" integer NOT NULL, "accelerator" text NOT NULL, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "last_seen_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "left_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "workers_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "workers_last_seen_at_idx" ON "workers"  ("last_seen_at") `);
    await runner.query(
      `CREATE TABLE "attempts" ("token" uuid NOT NULL DEFAULT gen_random_uuid(), "run_id" uuid NOT NULL, "number" integer NOT NULL, "message" integer NOT NULL, "worker_id" uuid, "worker_name" text NOT NULL, "outcome" text NOT NULL DEFAULT 'running', "failure" jsonb, "engine" jsonb, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), "finished_at" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "attempts_pkey" PRIMARY KEY ("token"))`,
    );
    await runner.query(`CREATE INDEX "attempts_worker_id_idx" ON "attempts"  ("worker_id") WHERE outcome = 'running'`);
    await runner.query(`CREATE UNIQUE INDEX "attempts_run_id_number_idx" ON "attempts"  ("run_id", "number") `);
    await runner.query(
      `CREATE TABLE "event_horizon" ("singleton" boolean NOT NULL DEFAULT true, "transaction" bigint NOT NULL DEFAULT '0', "id" bigint NOT NULL DEFAULT '0', CONSTRAINT "event_horizon_pkey" PRIMARY KEY ("singleton"))`,
    );
    await runner.query(
      `CREATE TABLE "events" ("transaction" bigint NOT NULL, "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "type" text NOT NULL, "run_id" uuid, "payload" jsonb, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "events_pkey" PRIMARY KEY ("transaction", "id"))`,
    );
    await runner.query(`CREATE INDEX "events_created_at_idx" ON "events"  ("created_at") `);
    await runner.query(
      `CREATE TABLE "log_lines" ("run_id" uuid NOT NULL, "seq" integer NOT NULL, "attempt" integer NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "level" text NOT NULL, "message" text NOT NULL, CONSTRAINT "log_lines_pkey" PRIMARY KEY ("run_id", "seq"))`,
    );
    await runner.query(
      `CREATE TABLE "metric_points" ("run_id" uuid NOT NULL, "key" text NOT NULL, "step" integer NOT NULL, "value" double precision NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "metric_points_pkey" PRIMARY KEY ("run_id", "key", "step"))`,
    );
    await runner.query(
      `CREATE TABLE "models" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "project_id" uuid NOT NULL, "name" text NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "models_pkey" PRIMARY KEY ("id"))`,
    );
    await runner.query(`CREATE INDEX "models_project_id_idx" ON "models"  ("project_id") `);
    await runner.query(`CREATE UNIQUE INDEX "models_name_idx" ON "models"  ("name") `);
    await runner.query(
      `CREATE TABLE "model_versions" ("model_id" uuid NOT NULL, "version" integer NOT NULL, "run_id" uuid NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "model_versions_pkey" PRIMARY KEY ("model_id", "version"))`,
    );
    await runner.query(`CREATE INDEX "model_versions_run_id_idx" ON "model_versions"  ("run_id") `);
    await runner.query(
      `CREATE TABLE "model_aliases" ("model_id" uuid NOT NULL, "alias" text NOT NULL, "version" integer NOT NULL, CONSTRAINT "model_aliases_pkey" PRIMARY KEY ("model_id", "alias"))`,
    );
    await runner.query(
      `CREATE TABLE "outbox" ("run_id" uuid NOT NULL, "attempt" integer NOT NULL, "due_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "claimed_until" TIMESTAMP(3) WITH TIME ZONE, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "outbox_pkey" PRIMARY KEY ("run_id", "attempt"))`,
    );
    await runner.query(`CREATE INDEX "outbox_created_at_idx" ON "outbox"  ("created_at") `);
    await runner.query(
      `CREATE TABLE "run_artifacts" ("run_id" uuid NOT NULL, "name" text NOT NULL, "kind" text NOT NULL, "sha256" text NOT NULL, "attempt" integer NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "run_artifacts_pkey" PRIMARY KEY ("run_id", "name"))`,
    );
    await runner.query(`CREATE INDEX "run_artifacts_sha256_idx" ON "run_artifacts"  ("sha256") `);
    await runner.query(
      `CREATE TABLE "run_reports" ("run_id" uuid NOT NULL, "report" jsonb NOT NULL, CONSTRAINT "run_reports_pkey" PRIMARY KEY ("run_id"))`,
    );
    await runner.query(
      `CREATE TABLE "schedule_firings" ("schedule_id" uuid NOT NULL, "due_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "fired_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "outcome" text NOT NULL, "experiment_id" uuid, "note" text, CONSTRAINT "schedule_firings_pkey" PRIMARY KEY ("schedule_id", "due_at"))`,
    );
    await runner.query(
      `ALTER TABLE "projects" ADD CONSTRAINT "projects_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "schedules" ADD CONSTRAINT "schedules_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "experiments" ADD CONSTRAINT "experiments_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "experiments" ADD CONSTRAINT "experiments_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedules"("id") ON DELETE SET NULL ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "runs" ADD CONSTRAINT "runs_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiments"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "runs" ADD CONSTRAINT "runs_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "runs" ADD CONSTRAINT "runs_teacher_run_id_fkey" FOREIGN KEY ("teacher_run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "attempts" ADD CONSTRAINT "attempts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "attempts" ADD CONSTRAINT "attempts_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "workers"("id") ON DELETE SET NULL ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "log_lines" ADD CONSTRAINT "log_lines_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "metric_points" ADD CONSTRAINT "metric_points_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "models" ADD CONSTRAINT "models_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "models"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_model_id_version_fkey" FOREIGN KEY ("model_id", "version") REFERENCES "model_versions"("model_id","version") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "outbox" ADD CONSTRAINT "outbox_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "run_artifacts" ADD CONSTRAINT "run_artifacts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "run_artifacts" ADD CONSTRAINT "run_artifacts_sha256_fkey" FOREIGN KEY ("sha256") REFERENCES "artifacts"("sha256") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "run_reports" ADD CONSTRAINT "run_reports_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedules"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiments"("id") ON DELETE SET NULL ON UPDATE NO ACTION`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "schedule_firings" DROP CONSTRAINT "schedule_firings_experiment_id_fkey"`);
    await runner.query(`ALTER TABLE "schedule_firings" DROP CONSTRAINT "schedule_firings_schedule_id_fkey"`);
    await runner.query(`ALTER TABLE "run_reports" DROP CONSTRAINT "run_reports_run_id_fkey"`);
    await runner.query(`ALTER TABLE "run_artifacts" DROP CONSTRAINT "run_artifacts_sha256_fkey"`);
    await runner.query(`ALTER TABLE "run_artifacts" DROP CONSTRAINT "run_artifacts_run_id_fkey"`);
    await runner.query(`ALTER TABLE "outbox" DROP CONSTRAINT "outbox_run_id_fkey"`);
    await runner.query(`ALTER TABLE "model_aliases" DROP CONSTRAINT "model_aliases_model_id_version_fkey"`);
    await runner.query(`ALTER TABLE "model_versions" DROP CONSTRAINT "model_versions_run_id_fkey"`);
    await runner.query(`ALTER TABLE "model_versions" DROP CONSTRAINT "model_versions_model_id_fkey"`);
    await runner.query(`ALTER TABLE "models" DROP CONSTRAINT "models_project_id_fkey"`);
    await runner.query(`ALTER TABLE "metric_points" DROP CONSTRAINT "metric_points_run_id_fkey"`);
    await runner.query(`ALTER TABLE "log_lines" DROP CONSTRAINT "log_lines_run_id_fkey"`);
    await runner.query(`ALTER TABLE "attempts" DROP CONSTRAINT "attempts_worker_id_fkey"`);
    await runner.query(`ALTER TABLE "attempts" DROP CONSTRAINT "attempts_run_id_fkey"`);
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_teacher_run_id_fkey"`);
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_project_id_fkey"`);
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_experiment_id_fkey"`);
    await runner.query(`ALTER TABLE "experiments" DROP CONSTRAINT "experiments_schedule_id_fkey"`);
    await runner.query(`ALTER TABLE "experiments" DROP CONSTRAINT "experiments_project_id_fkey"`);
    await runner.query(`ALTER TABLE "schedules" DROP CONSTRAINT "schedules_project_id_fkey"`);
    await runner.query(`ALTER TABLE "projects" DROP CONSTRAINT "projects_team_id_fkey"`);
    await runner.query(`DROP TABLE "schedule_firings"`);
    await runner.query(`DROP TABLE "run_reports"`);
    await runner.query(`DROP INDEX "public"."run_artifacts_sha256_idx"`);
    await runner.query(`DROP TABLE "run_artifacts"`);
    await runner.query(`DROP INDEX "public"."outbox_created_at_idx"`);
    await runner.query(`DROP TABLE "outbox"`);
    await runner.query(`DROP TABLE "model_aliases"`);
    await runner.query(`DROP INDEX "public"."model_versions_run_id_idx"`);
    await runner.query(`DROP TABLE "model_versions"`);
    await runner.query(`DROP INDEX "public"."models_name_idx"`);
    await runner.query(`DROP INDEX "public"."models_project_id_idx"`);
    await runner.query(`DROP TABLE "models"`);
    await runner.query(`DROP TABLE "metric_points"`);
    await runner.query(`DROP TABLE "log_lines"`);
    await runner.query(`DROP INDEX "public"."events_created_at_idx"`);
    await runner.query(`DROP TABLE "events"`);
    await runner.query(`DROP TABLE "event_horizon"`);
    await runner.query(`DROP INDEX "public"."attempts_run_id_number_idx"`);
    await runner.query(`DROP INDEX "public"."attempts_worker_id_idx"`);
    await runner.query(`DROP TABLE "attempts"`);
    await runner.query(`DROP INDEX "public"."workers_last_seen_at_idx"`);
    await runner.query(`DROP TABLE "workers"`);
    await runner.query(`DROP INDEX "public"."runs_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_project_id_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_state_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_state_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_experiment_name_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_best_metric_value_id_idx"`);
    await runner.query(`DROP INDEX "public"."runs_experiment_id_position_idx"`);
    await runner.query(`DROP INDEX "public"."runs_project_id_experiment_name_created_at_idx"`);
    await runner.query(`DROP INDEX "public"."runs_due_at_idx"`);
    await runner.query(`DROP INDEX "public"."runs_teacher_run_id_idx"`);
    await runner.query(`DROP TABLE "runs"`);
    await runner.query(`DROP INDEX "public"."experiments_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."experiments_project_id_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."experiments_project_id_name_created_at_idx"`);
    await runner.query(`DROP INDEX "public"."experiments_project_id_idempotency_key_idx"`);
    await runner.query(`DROP INDEX "public"."experiments_schedule_id_idx"`);
    await runner.query(`DROP TABLE "experiments"`);
    await runner.query(`DROP INDEX "public"."schedules_project_id_name_idx"`);
    await runner.query(`DROP INDEX "public"."schedules_created_at_id_idx"`);
    await runner.query(`DROP INDEX "public"."schedules_next_due_at_idx"`);
    await runner.query(`DROP TABLE "schedules"`);
    await runner.query(`DROP INDEX "public"."projects_name_idx"`);
    await runner.query(`DROP INDEX "public"."projects_team_id_idx"`);
    await runner.query(`DROP TABLE "projects"`);
    await runner.query(`DROP INDEX "public"."teams_name_idx"`);
    await runner.query(`DROP TABLE "teams"`);
    await runner.query(`DROP TABLE "artifacts"`);
  }
}
