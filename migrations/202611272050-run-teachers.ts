import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run may have several runs as its teachers. */
export class RunTeachers1795812600000 implements MigrationInterface {
  name = 'RunTeachers1795812600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "run_teachers" ("run_id" uuid NOT NULL, "member" integer NOT NULL, "teacher_run_id" uuid NOT NULL, CONSTRAINT "run_teachers_pkey" PRIMARY KEY ("run_id", "member"))`,
    );
    await runner.query(
      `INSERT INTO run_teachers (run_id, member, teacher_run_id)
       SELECT id, 0, teacher_run_id FROM runs WHERE teacher_run_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX "run_teachers_teacher_run_id_idx" ON "run_teachers"  ("teacher_run_id") `);
    await runner.query(
      `ALTER TABLE "run_teachers" ADD CONSTRAINT "run_teachers_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(
      `ALTER TABLE "run_teachers" ADD CONSTRAINT "run_teachers_teacher_run_id_fkey" FOREIGN KEY ("teacher_run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_teacher_run_id_fkey"`);
    await runner.query(`DROP INDEX "public"."runs_teacher_run_id_idx"`);
    await runner.query(`ALTER TABLE "runs" DROP COLUMN "teacher_run_id"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "runs" ADD "teacher_run_id" uuid`);
    await runner.query(
      `UPDATE runs SET teacher_run_id = t.teacher_run_id FROM run_teachers t WHERE t.run_id = runs.id AND t.member = 0`,
    );
    await runner.query(
      `CREATE INDEX "runs_teacher_run_id_idx" ON "runs"  ("teacher_run_id") WHERE teacher_run_id IS NOT NULL`,
    );
    await runner.query(
      `ALTER TABLE "runs" ADD CONSTRAINT "runs_teacher_run_id_fkey" FOREIGN KEY ("teacher_run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`,
    );
    await runner.query(`ALTER TABLE "run_teachers" DROP CONSTRAINT "run_teachers_teacher_run_id_fkey"`);
    await runner.query(`ALTER TABLE "run_teachers" DROP CONSTRAINT "run_teachers_run_id_fkey"`);
    await runner.query(`DROP INDEX "public"."run_teachers_teacher_run_id_idx"`);
    await runner.query(`DROP TABLE "run_teachers"`);
  }
}
