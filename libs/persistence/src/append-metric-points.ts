import type { Transaction } from './database.js';
import { jsonb } from './json-value.js';
import { recordEvent } from './record-event.js';

export interface MetricPoint {
  key: string;
  step: number;
  value: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Metrics by which runs are ranked: the test's, else the best of the validations so far. */
const TEST_KEY = 'test.top1';
const VALIDATION_KEY = 'validation.top1';

/** Stores finite points of a run whose row this transaction has locked, and keeps the row's newest and best values. */
export async function appendMetricPoints(tx: Transaction, runId: string, points: MetricPoint[]): Promise<void> {
  // The same (key, step) twice in one batch: the later one counts, as it would in two.
  const distinct = [...new Map(points.map((point) => [`${point.step} ${point.key}`, point])).values()];
  if (distinct.length === 0) return;
  await tx.query(
    `INSERT INTO metric_points (run_id, key, step, value, at)
     SELECT $1, key, step, value, to_timestamp(at / 1000)
     FROM unnest($2::text[], $3::int[], $4::float8[], $5::float8[]) AS point (key, step, value, at)
     ON CONFLICT (run_id, key, step) DO UPDATE SET value = excluded.value, at = excluded.at`,
    [
      runId,
      distinct.map((point) => point.key),
      distinct.map((point) => point.step),
      distinct.map((point) => point.value),
      distinct.map((point) => point.at),
    ],
  );
  await tx.query(`UPDATE runs SET metrics = metrics || $2::jsonb WHERE id = $1`, [
    runId,
    jsonb(Object.fromEntries(distinct.map((point) => [point.key, point.value]))),
  ]);
  for (const { key, value } of distinct) await rank(tx, runId, key, value);
  await recordEvent(tx, { type: 'metrics', runId, points: distinct });
}

/** Remembers a value by which runs are ranked. A test's value stands for good; a validation's until a better one. */
export async function rank(tx: Transaction, runId: string, key: string, value: number): Promise<void> {
  if (key !== TEST_KEY && key !== VALIDATION_KEY) return;
  await tx.query(
    `UPDATE runs SET best_metric_key = $2, best_metric_value = $3
     WHERE id = $1 AND ($2 = '${TEST_KEY}' OR (best_metric_key IS DISTINCT FROM '${TEST_KEY}' AND best_metric_value < $3))`,
    [runId, key, value],
  );
}
