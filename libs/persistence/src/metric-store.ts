import type { MetricSeries } from '#contracts';
import type { Database } from './database.js';

/** The curves of runs. */
export class MetricStore {
  constructor(private readonly database: Database) {}

  /**
   * One series per key, each thinned to at most `maxPoints` (≥ 4): its first and last points, and of equal stretches
   * between them the lowest and the highest, so that no spike is lost.
   */
  async series(runId: string, { keys, maxPoints }: { keys?: string[]; maxPoints: number }): Promise<MetricSeries[]> {
    const stretches = Math.max(1, Math.floor((maxPoints - 2) / 2));
    return this.database.query<MetricSeries>(
      `WITH numbered AS (
         SELECT key, step, value, at, count(*) OVER (PARTITION BY key) AS points,
           row_number() OVER (PARTITION BY key ORDER BY step) AS number
         FROM metric_points WHERE run_id = $1 AND ($2::text[] IS NULL OR key = ANY ($2))
       ), stretched AS (
         SELECT *, (number - 1) * $3::bigint / points AS stretch FROM numbered
       ), ranked AS (
         SELECT *, row_number() OVER (PARTITION BY key, stretch ORDER BY value, step) AS from_low,
           row_number() OVER (PARTITION BY key, stretch ORDER BY value DESC, step) AS from_high
         FROM stretched
       )
       SELECT key, array_agg(step ORDER BY step) AS steps, array_agg(value ORDER BY step) AS values,
         array_agg(round(extract(epoch FROM at) * 1000)::float8 ORDER BY step) AS times
       FROM ranked
       WHERE points <= $4 OR number IN (1, points) OR from_low = 1 OR from_high = 1
       GROUP BY key ORDER BY key`,
      [runId, keys ?? null, stretches, maxPoints],
    );
  }
}
