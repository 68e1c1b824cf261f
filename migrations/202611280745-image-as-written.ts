import type { MigrationInterface, QueryRunner } from 'typeorm';

/** ImageNet's, which every spec was given that wrote none; as a spec's text, which is kept as it was written down. */
const FILLED_IN = `,"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]`;

/**
 * What a spec says of `image.mean` and `image.std` is what somebody has written: it must not contradict the weights. The
 * numbers that were filled in say nothing, and are taken out, teachers' and arms' too.
 */
export class ImageAsWritten1795851900000 implements MigrationInterface {
  name = 'ImageAsWritten1795851900000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['experiments', 'runs', 'schedules']) {
      await runner.query(
        `UPDATE ${table} SET spec = replace(spec::text, $1, '')::json WHERE strpos(spec::text, $1) > 0`,
        [FILLED_IN],
      );
    }
  }

  /** Nothing: the numbers are filled in wherever they are left out. */
  async down(): Promise<void> {}
}
