import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The team and project that a spec belongs to when it names none, and the one row of the event horizon. */
export class FirstRows1795496790196 implements MigrationInterface {
  name = 'FirstRows1795496790196';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`INSERT INTO teams (name) VALUES ('default')`);
    await runner.query(`INSERT INTO projects (team_id, name) SELECT id, 'default' FROM teams WHERE name = 'default'`);
    await runner.query(`INSERT INTO event_horizon DEFAULT VALUES`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM event_horizon`);
    await runner.query(`DELETE FROM projects WHERE name = 'default'`);
    await runner.query(`DELETE FROM teams WHERE name = 'default'`);
  }
}
