import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who computes what a network says of images, and where the rows are that runs have shared. */
export class OutputLeases1795812000000 implements MigrationInterface {
  name = 'OutputLeases1795812000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "output_leases" ("address" text NOT NULL, "attempt" uuid NOT NULL, "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, CONSTRAINT "output_leases_pkey" PRIMARY KEY ("address"))`,
    );
    await runner.query(`CREATE INDEX "output_leases_attempt_idx" ON "output_leases"  ("attempt") `);
    await runner.query(
      `ALTER TABLE "output_leases" ADD CONSTRAINT "output_leases_attempt_fkey" FOREIGN KEY ("attempt") REFERENCES "attempts"("token") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
    await runner.query(`ALTER TABLE "run_artifacts" ADD "output_address" text`);
    await runner.query(
      `UPDATE run_artifacts SET output_address = split_part(name, '/', 2) WHERE kind = 'other' AND name LIKE 'outputs/%/%'`,
    );
    await runner.query(
      `CREATE INDEX "run_artifacts_output_address_idx" ON "run_artifacts"  ("output_address") WHERE output_address IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."run_artifacts_output_address_idx"`);
    await runner.query(`ALTER TABLE "run_artifacts" DROP COLUMN "output_address"`);
    await runner.query(`ALTER TABLE "output_leases" DROP CONSTRAINT "output_leases_attempt_fkey"`);
    await runner.query(`DROP INDEX "public"."output_leases_attempt_idx"`);
    await runner.query(`DROP TABLE "output_leases"`);
  }
}
